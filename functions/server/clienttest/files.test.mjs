// The official openai client's files, batches and fine-tuning jobs: at a
// provider that has them at OpenAI's paths, and at one that has them in a form
// of its own. And files that wait at the gateway.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { startSluice } from './harness.mjs';

let openai, google, sluice;

before(async () => {
  openai = await serve(openAIFiles());
  google = await serve(googleCloud());
  process.env.STORAGE_EMULATOR_HOST = google.url;
  sluice = await startSluice();
});
after(() => { sluice?.close(); openai?.close(); google?.close(); });

async function serve(state) {
  const server = http.createServer(async (req, res) => {
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const body = Buffer.concat(chunks);
    state.seen.push({ method: req.method, url: req.url, headers: req.headers, body });
    const [status, type, answer] = state.answer(req, body);
    res.writeHead(status, { 'content-type': type, ...state.meta?.(req) });
    res.end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => { server.closeAllConnections(); server.close(); };
  return Object.assign(state, { url: `http://127.0.0.1:${server.address().port}`, close, last: () => state.seen.at(-1) });
}

const json = (object, status = 200) => [status, 'application/json', JSON.stringify(object)];

// openAIFiles keeps what it is sent, byte for byte.
function openAIFiles() {
  const files = new Map();
  const object = (id) => ({ id, object: 'file', bytes: files.get(id).length, created_at: 1, filename: 'rows.jsonl', purpose: 'batch', status: 'processed' });
  const batch = (status) => ({
    id: 'batch_1', object: 'batch', endpoint: '/v1/chat/completions', input_file_id: 'file-1', completion_window: '24h', status,
    output_file_id: 'file-1', created_at: 1, request_counts: { total: 1, completed: 1, failed: 0 },
  });
  return {
    seen: [],
    answer(req, body) {
      const path = req.url.split('?')[0];
      const id = path.split('/')[3];
      switch (`${req.method} ${path.replace(/(file-|batch_|ft-)\d+/, '*')}`) {
        case 'POST /v1/files': {
          const boundary = req.headers['content-type'].match(/boundary=(.*)/)[1];
          const part = body.toString('latin1').split(`--${boundary}`).find((p) => p.includes('filename='));
          files.set('file-1', Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4, -2), 'latin1'));
          return json(object('file-1'));
        }
        case 'GET /v1/files': return json({ object: 'list', data: [object('file-1')], has_more: false });
        case 'GET /v1/files/*': return files.has(id) ? json(object(id)) : json({ error: { message: 'No such File object', type: 'invalid_request_error', param: 'id', code: null } }, 404);
        case 'GET /v1/files/*/content': return [200, 'application/octet-stream', files.get(id)];
        case 'DELETE /v1/files/*': files.delete(id); return json({ id, object: 'file', deleted: true });
        case 'POST /v1/batches': return json(batch('validating'));
        case 'GET /v1/batches': return json({ object: 'list', data: [batch('completed')], has_more: false });
        case 'GET /v1/batches/*': return json(batch('completed'));
        case 'POST /v1/batches/*/cancel': return json(batch('cancelling'));
        case 'GET /v1/fine_tuning/jobs/*/events': return json({ object: 'list', data: [{ id: 'ev', object: 'fine_tuning.job.event', created_at: 1, level: 'info', message: 'm' }], has_more: false });
        case 'POST /v1/chat/completions': return json({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'seen' }, finish_reason: 'stop' }] });
        case 'POST /v1/audio/transcriptions': return json({ text: 'heard' });
      }
      return json({ error: { message: `nothing at ${path}` } }, 418);
    },
  };
}

// googleCloud is Cloud Storage and a job that is done at once.
function googleCloud() {
  const objects = new Map();
  const meta = new Map();
  const job = {
    name: 'projects/p/locations/us-central1/batchPredictionJobs/7', model: 'publishers/google/models/gemini-2.5-flash', state: 'JOB_STATE_SUCCEEDED',
    createTime: '2024-09-10T20:26:40Z', inputConfig: { gcsSource: { uris: ['gs://b/rows.jsonl'] } }, outputInfo: { gcsOutputDirectory: 'gs://b/prediction-1' },
    completionStats: { successfulCount: '1' },
  };
  return {
    seen: [],
    meta: (req) => meta.get(req.url) ?? {},
    answer(req, body) {
      if (req.url.includes('/batchPredictionJobs')) {
        const { request, requestId } = JSON.parse(objects.get('/b/rows.jsonl'));
        const response = { candidates: [{ content: { role: 'model', parts: [{ text: 'Ho' }] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 } };
        objects.set('/b/prediction-1/predictions.jsonl', Buffer.from(JSON.stringify({ request, requestId, response, status: '' })));
        return json(job);
      }
      if (req.method === 'PUT') {
        objects.set(req.url, body);
        meta.set(req.url, Object.fromEntries(Object.entries(req.headers).filter(([k]) => k.startsWith('x-goog-meta-'))));
        return [200, 'text/plain', ''];
      }
      return objects.has(req.url) ? [200, 'application/octet-stream', objects.get(req.url)] : [404, 'application/xml', '<Error><Message>none</Message></Error>'];
    },
  };
}

const client = (headers) => new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'sk-upstream', maxRetries: 0, defaultHeaders: headers });
const atOpenAI = () => client({ 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${openai.url}/v1` });
const row = (model) => JSON.stringify({ custom_id: 'r1', method: 'POST', url: '/v1/chat/completions', body: { model, messages: [{ role: 'user', content: 'Hi' }] } });

describe('files and batches at OpenAI’s paths', () => {
  test('a file is kept, listed, read and deleted', async () => {
    const c = atOpenAI();
    const content = Buffer.from([0, 1, 255, 13, 10, 128]);
    const made = await c.files.create({ file: await toFile(content, 'rows.jsonl'), purpose: 'batch' });
    assert.equal(made.id, 'file-1');
    assert.equal((await c.files.retrieve('file-1')).bytes, content.length);
    assert.equal((await c.files.list()).data.length, 1);
    const got = await c.files.content('file-1');
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), content);
    assert.equal((await c.files.delete('file-1')).deleted, true);
    await assert.rejects(c.files.retrieve('file-1'), (e) => e.status === 404 && e.message.includes('No such File object'));
  });

  test('a batch is made, read, listed and canceled', async () => {
    const c = atOpenAI();
    const made = await c.batches.create({ input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { a: 'b' } });
    assert.equal(made.status, 'validating');
    assert.deepEqual(JSON.parse(openai.last().body), { input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { a: 'b' } });
    assert.equal((await c.batches.retrieve('batch_1')).request_counts.completed, 1);
    assert.equal((await c.batches.list()).data[0].id, 'batch_1');
    assert.equal((await c.batches.cancel('batch_1')).status, 'cancelling');
  });

  test('events of a fine-tuning job are not the job', async () => {
    const events = await atOpenAI().fineTuning.jobs.listEvents('ft-1');
    assert.equal(events.data[0].message, 'm');
  });

  test('what a provider has not is refused by name', async () => {
    const c = client({ 'x-portkey-provider': 'anthropic' });
    await assert.rejects(c.batches.list(), (e) => e.status === 400 && e.message.includes('listBatches is not supported by anthropic'));
  });
});

test('a batch on Vertex AI is OpenAI’s, from the file to its results', async () => {
  const c = client({
    'x-portkey-provider': 'vertex-ai', 'x-portkey-custom-host': google.url, 'x-portkey-vertex-project-id': 'p', 'x-portkey-vertex-region': 'us-central1',
    'x-portkey-vertex-storage-bucket-name': 'b', 'x-portkey-provider-file-name': 'rows.jsonl',
  });
  const file = await c.files.create({ file: await toFile(Buffer.from(row('gemini-2.5-flash')), 'rows.jsonl'), purpose: 'batch' });
  const made = await c.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
  const done = await c.batches.retrieve(made.id);
  assert.equal(done.status, 'completed');
  const out = JSON.parse(await (await c.files.content(done.output_file_id)).text());
  assert.equal(out.custom_id, 'r1');
  assert.equal(out.response.body.choices[0].message.content, 'Ho');
  assert.equal(out.response.body.usage.total_tokens, 5);
  await assert.rejects(
    c.files.create({ file: await toFile(Buffer.from('nope'), 'rows.jsonl'), purpose: 'batch' }),
    (e) => e.status === 400 && e.message.includes('line 1 of the file'));
});

describe('a file that waits at the gateway', () => {
  async function wait(name, type, content) {
    const place = await (await fetch(`${sluice.url}/v1/sluice/uploads`, { method: 'POST', body: JSON.stringify({ filename: name, content_type: type }) })).json();
    const put = await fetch(place.url, { method: place.method, headers: place.headers, body: content });
    assert.equal(put.status, 200);
    return place.id;
  }

  test('is a file to the client, and a part of a message', async () => {
    const id = await wait('a.pdf', 'application/pdf', 'PDF');
    const c = atOpenAI();
    assert.equal((await c.files.retrieve(id)).filename, 'a.pdf');
    assert.equal(await (await c.files.content(id)).text(), 'PDF');
    const got = await c.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: id } }] }] });
    assert.equal(got.choices[0].message.content, 'seen');
    assert.deepEqual(JSON.parse(openai.last().body).messages[0].content[0].file, { filename: 'a.pdf', file_data: 'data:application/pdf;base64,UERG' });
    assert.equal((await c.files.delete(id)).deleted, true);
  });

  test('is the sound of a transcription', async () => {
    const id = await wait('s.wav', 'audio/wav', 'RIFF');
    const got = await fetch(`${sluice.url}/v1/audio/transcriptions`, {
      method: 'POST', body: JSON.stringify({ model: 'whisper-1', file: id }),
      headers: { 'content-type': 'application/json', authorization: 'Bearer k', 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${openai.url}/v1` },
    });
    assert.deepEqual(await got.json(), { text: 'heard' });
    assert.match(openai.last().body.toString(), /name="model"\r\n\r\nwhisper-1[^]*filename="s.wav"\r\nContent-Type: audio\/wav\r\n\r\nRIFF\r\n/);
  });
});
