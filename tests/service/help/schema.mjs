// schema.mjs - holds answers to /openapi.json, by Ajv (JSON Schema 2020-12, which OpenAPI 3.1 uses).
import assert from 'node:assert/strict';
import { take } from './packages.mjs';

const Ajv = take('ajv/dist/2020.js').default;
const formats = take('ajv-formats').default;
const documents = new WeakMap();

// Strict: a keyword or a format it does not know is an error, so nothing is passed over in silence.
function ajvOf(document) {
  if (!documents.has(document)) {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
    formats(ajv);
    for (const keyword of Object.keys(document)) ajv.addKeyword(keyword);
    ajv.addFormat('binary', true); // bytes: the media type says which
    ajv.addSchema(document, 'openapi');
    documents.set(document, ajv);
  }
  return documents.get(document);
}

// Of a schema of the document: { $ref: '#/components/schemas/…' } or one that stands in it.
const compiled = new WeakMap();
export function check(document, schema, value, what = 'the answer') {
  if (!compiled.has(schema)) {
    const absolute = JSON.parse(JSON.stringify(schema), (k, v) => (k === '$ref' ? `openapi${v}` : v));
    compiled.set(schema, ajvOf(document).compile(absolute));
  }
  const fits = compiled.get(schema);
  if (!fits(value)) assert.fail(`${what} is not as announced: ${fits.errors.map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`).join('; ')}`);
}
