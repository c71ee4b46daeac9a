// The official openai client for what is no conversation: embeddings (which
// it asks for in base64 unless told otherwise), images, sound, moderation.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { startSluice } from './harness.mjs';

const numbers = [0.5, -1.25, 3];
const sound = Buffer.from([0xff, 0xfb, 0, 13, 10, 0xc3, 0x28]);

const json = (object) => ['application/json', JSON.stringify(object)];
const vectors = (body) => ({
  object: 'list', model: body.model, usage: { prompt_tokens: 3, total_tokens: 3 },
  data: body.input.map((_, index) => ({ object: 'embedding', index, embedding: numbers })), // base64 is not known here
});

// answers are by the path that the upstream is asked at.
const answers = {
  '/v1/embeddings': (body) => json(vectors(JSON.parse(body))),
  '/v1/embedding/text': (body) => json({ embeddings: JSON.parse(body).texts.map(() => numbers), usage: { prompt_tokens: 3, total_tokens: 3 } }),
  '/v1/moderations': () => json({ id: 'modr-1', model: 'omni', results: [{ flagged: true, categories: {}, category_scores: {} }] }),
  '/v1/images/generations': (body) => JSON.parse(body).stream
    ? ['text/event-stream', 'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"AA=="}\n\n'
      + 'event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"AB=="}\n\n']
    : json({ created: 1726000000, data: [{ b64_json: 'AA==' }] }),
  '/v1/images/edits': (body) => json({ created: 1726000000, data: [{ b64_json: body.includes('a mask') ? 'AB==' : 'AA==' }] }),
  '/v1/audio/speech': () => ['audio/mpeg', sound],
  '/v1/audio/transcriptions': (body) => body.includes('name="stream"')
    ? ['text/event-stream', 'data: {"type":"transcript.text.delta","delta":"Hel"}\n\ndata: {"type":"transcript.text.done","text":"Hello."}\n\n']
    : json({ text: body.includes(sound) ? 'Hello.' : 'broken' }),
  '/v1/audio/translations': () => json({ text: 'Hello.' }),
};

let upstream, sluice;

before(async () => {
  upstream = http.createServer(async (req, res) => {
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const answer = answers[req.url];
    const [type, body] = answer ? answer(Buffer.concat(chunks)) : ['application/json', '{"error":{"message":"no such path"}}'];
    res.writeHead(answer ? 200 : 404, { 'content-type': type });
    res.end(body);
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  sluice = await startSluice();
});
after(() => { sluice?.close(); upstream?.close(); upstream?.closeAllConnections(); });

const client = (provider = 'openai') => new OpenAI({
  baseURL: `${sluice.url}/v1`, apiKey: 'sk-upstream', maxRetries: 0,
  defaultHeaders: { 'x-portkey-provider': provider, 'x-portkey-custom-host': `http://127.0.0.1:${upstream.address().port}/v1` },
});

for (const provider of ['openai', 'voyage', 'nomic']) {
  test(`vectors by the client's default, ${provider} upstream`, async () => {
    const got = await client(provider).embeddings.create({ model: 'm', input: ['a', 'b'] });
    assert.equal(got.data.length, 2);
    assert.deepEqual([...got.data[1].embedding], numbers);
    assert.equal(got.usage.prompt_tokens, 3);
  });
}

test('vectors as numbers and as they are packed', async () => {
  const plain = await client().embeddings.create({ model: 'm', input: ['a'], encoding_format: 'float' });
  assert.deepEqual(plain.data[0].embedding, numbers);
  const packed = await client().embeddings.create({ model: 'm', input: ['a'], encoding_format: 'base64' });
  assert.equal(packed.data[0].embedding, Buffer.from(new Float32Array(numbers).buffer).toString('base64'));
});

test('a provider without the operation', async () => {
  await assert.rejects(client('perplexity-ai').embeddings.create({ model: 'm', input: 'a' }), (e) => {
    assert.ok(e instanceof OpenAI.BadRequestError);
    assert.match(e.message, /embed is not supported by perplexity-ai/);
    return true;
  });
});

test('moderation', async () => {
  const got = await client().moderations.create({ input: 'x' });
  assert.equal(got.results[0].flagged, true);
});

test('images, whole and in parts', async () => {
  const got = await client().images.generate({ model: 'gpt-image-1', prompt: 'a cat' });
  assert.equal(got.data[0].b64_json, 'AA==');
  const types = [];
  for await (const event of await client().images.generate({ model: 'gpt-image-1', prompt: 'a cat', stream: true, partial_images: 1 })) types.push(event.type);
  assert.deepEqual(types, ['image_generation.partial_image', 'image_generation.completed']);
});

test('an image is edited', async () => {
  const got = await client().images.edit({
    model: 'gpt-image-1', prompt: 'a hat', image: await toFile(sound, 'cat.png', { type: 'image/png' }), mask: await toFile(Buffer.from('a mask'), 'mask.png'),
  });
  assert.equal(got.data[0].b64_json, 'AB==');
});

test('speech', async () => {
  const got = await client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello.' });
  assert.equal(got.headers.get('content-type'), 'audio/mpeg');
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), sound);
});

test('a transcript, whole and in parts', async () => {
  const file = () => toFile(sound, 'talk.mp3', { type: 'audio/mpeg' });
  const got = await client().audio.transcriptions.create({ model: 'whisper-1', file: await file() });
  assert.equal(got.text, 'Hello.');
  const types = [];
  for await (const event of await client().audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await file(), stream: true })) types.push(event.type);
  assert.deepEqual(types, ['transcript.text.delta', 'transcript.text.done']);
});

test('a translation', async () => {
  const got = await client().audio.translations.create({ model: 'whisper-1', file: await toFile(sound, 'talk.mp3') });
  assert.equal(got.text, 'Hello.');
});
