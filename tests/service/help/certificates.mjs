// certificates.mjs - made with openssl, as docs/operations.md says.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const withoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';

function openssl(dir, ...args) {
  const r = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${r.stderr}`);
}
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// NAME.pem and NAME.key, signing itself.
export function selfSigned(dir, name, { days = 30 } = {}) {
  openssl(dir, 'req', '-x509', ...curve, '-days', String(days), '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  return pair(dir, name);
}

// The same, signed by `by`. usage: extended key usage.
export function signed(dir, name, by, { usage = 'clientAuth', days = 30 } = {}) {
  openssl(dir, 'req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  fs.writeFileSync(path.join(dir, `${name}.ext`), `basicConstraints=CA:FALSE\nextendedKeyUsage=${usage}\n`);
  openssl(dir, 'x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', String(days),
    '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  return pair(dir, name);
}

export function pair(dir, name) {
  const read = (end) => fs.readFileSync(path.join(dir, `${name}.${end}`));
  return { file: path.join(dir, `${name}.pem`), keyFile: path.join(dir, `${name}.key`), cert: read('pem'), key: read('key') };
}
