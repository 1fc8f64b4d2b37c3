// gate.mjs - a gate in Node: shows pictures to Gangway until it is told what to do.
//
//     GANGWAY=http://127.0.0.1:8090 DEVICE=token node examples/gate.mjs VOYAGE PICTURE.jpg...
//
// Prints a line for each picture. Exit status: 0 clear, 1 inspect, 2 not sure (no answer:
// a gate that is not sure sends the traveler to a person, too).
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

const base = process.env.GANGWAY ?? 'http://127.0.0.1:8090';
const token = process.env.DEVICE;
const [voyage, ...pictures] = process.argv.slice(2);
const tries = 5, patience = 3000;
if (token === undefined || pictures.length === 0) {
  console.error('usage: GANGWAY=URL DEVICE=TOKEN node gate.mjs VOYAGE PICTURE.jpg...');
  process.exit(2);
}

// One picture, one decision. The same key in every try: however often the network breaks,
// it is decided and counted once.
export async function verify(picture) {
  const key = randomUUID();
  for (let n = 1; n <= tries; n++) {
    try {
      const answer = await fetch(`${base}/v1/voyages/${encodeURIComponent(voyage)}/verifications`, {
        method: 'POST', body: picture, signal: AbortSignal.timeout(patience),
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'image/jpeg', 'Idempotency-Key': key },
      });
      const body = await answer.json();
      if (answer.ok) return body;
      // 503: nobody has time. 409 in_progress: this picture's first try is being looked at.
      if (answer.status !== 503 && body.code !== 'in_progress') throw Object.assign(new Error(`${answer.status} ${body.code}: ${body.detail}`), { final: true });
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get('retry-after') ?? 1)));
    } catch (error) {
      if (error.final || n === tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * n)); // the network broke
    }
  }
  throw new Error('nobody had time for this picture');
}

const words = {
  move_closer: 'Please come closer.', move_back: 'Please step back.', look_at_camera: 'Please look at the camera.',
  remove_mask: 'Please uncover your face.', more_light: 'Please turn to the light.', one_person_only: 'One person at a time, please.',
  hold_still: 'Please hold still.',
};

let status = 2;
try {
  for (const file of pictures) {
    const v = await verify(await readFile(file));
    console.log(v.decision === 'clear' ? `clear: seat ${v.traveler.seat ?? '-'}` : v.decision === 'retry' ? `retry: ${words[v.guidance]}` : 'inspect: please see an officer.');
    status = v.decision === 'clear' ? 0 : 1;
    if (v.decision !== 'retry') break;
  }
} catch (error) {
  console.error(`gate: ${error.message}; please see an officer.`);
  status = 2;
}
process.exitCode = status;
