// schema.mjs - as much of JSON Schema 2020-12 as src/http/schema.c uses. A keyword it
// does not know is an error, so nothing is passed over in silence.
import assert from 'node:assert/strict';

const known = new Set(['$ref', 'type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'const', 'pattern',
  'minimum', 'maximum', 'anyOf', 'format', 'description']);

const kindOf = (v) => v === null ? ['null'] : Array.isArray(v) ? ['array'] : Number.isInteger(v) ? ['integer', 'number'] : [typeof v];

export function check(document, schema, value, at = '$') {
  for (const k of Object.keys(schema)) assert.ok(known.has(k), `${at}: the schema uses ${k}`);
  if (schema.$ref) {
    const target = schema.$ref.split('/').slice(1).reduce((d, k) => d?.[k], document);
    assert.ok(target, `${schema.$ref} exists`);
    return check(document, target, value, at);
  }
  if (schema.anyOf) {
    const errors = schema.anyOf.map((s) => { try { check(document, s, value, at); return null; } catch (e) { return e; } });
    assert.ok(errors.includes(null), `${at} is none of what it may be: ${errors.map((e) => e?.message).join('; ')}`);
  }
  if (schema.type) {
    const types = [].concat(schema.type);
    assert.ok(kindOf(value).some((k) => types.includes(k)), `${at} is ${kindOf(value)[0]}, not ${types.join(' or ')}`);
  }
  if ('const' in schema) assert.deepEqual(value, schema.const, at);
  if (schema.enum) assert.ok(schema.enum.includes(value), `${at} is ${JSON.stringify(value)}, none of ${JSON.stringify(schema.enum)}`);
  if (schema.pattern && typeof value === 'string') assert.match(value, new RegExp(schema.pattern), at);
  if ('minimum' in schema && typeof value === 'number') assert.ok(value >= schema.minimum, `${at} is ${value}`);
  if ('maximum' in schema && typeof value === 'number') assert.ok(value <= schema.maximum, `${at} is ${value}`);
  if (Array.isArray(value) && schema.items) value.forEach((v, i) => check(document, schema.items, v, `${at}[${i}]`));
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const k of schema.required ?? []) assert.ok(k in value, `${at}.${k} is there`);
    for (const [k, v] of Object.entries(value)) {
      if (schema.properties?.[k]) check(document, schema.properties[k], v, `${at}.${k}`);
      else if (schema.additionalProperties === false) assert.fail(`${at}.${k} is not announced`);
      else if (typeof schema.additionalProperties === 'object') check(document, schema.additionalProperties, v, `${at}.${k}`);
    }
  }
}
