// An answer that breaks off and goes on at another target is one answer to the
// official clients of OpenAI and Anthropic.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startSluice } from './harness.mjs';

const chunk = (delta) => `data: ${JSON.stringify({
  id: 'c1', object: 'chat.completion.chunk', created: 1726000000, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: null }],
})}\n\n`;

const event = (type, more) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

// The first target breaks off in the middle of a word; the second goes on.
const broken = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Once upon ' }), chunk({ content: 'a ti' })];
const rest = [
  event('message_start', {
    message: { id: 'm1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 20, output_tokens: 1 } },
  }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'me there ' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'was.' } }),
  event('content_block_stop', { index: 0 }),
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } }),
  event('message_stop', {}),
];

let upstream, sluice, headers, prefills;

before(async () => {
  upstream = http.createServer(async (req, res) => {
    const parts = [];
    for await (const part of req) parts.push(part);
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    if (req.url.startsWith('/a/')) {
      for (const c of broken) res.write(c);
      setTimeout(() => res.destroy(), 50);
      return;
    }
    prefills.push(JSON.parse(Buffer.concat(parts)).messages.at(-1));
    res.end(rest.join(''));
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const url = `http://127.0.0.1:${upstream.address().port}`;
  headers = {
    'x-portkey-config': JSON.stringify({
      strategy: { mode: 'fallback', on_break: 'continue' },
      targets: [
        { provider: 'groq', api_key: 'k', custom_host: `${url}/a`, override_params: { model: 'gpt-4o' } },
        { provider: 'anthropic', api_key: 'k', custom_host: `${url}/b`, override_params: { model: 'claude-sonnet-4-5' } },
      ],
    }),
  };
  sluice = await startSluice();
});
after(() => { sluice?.close(); upstream?.closeAllConnections(); upstream?.close(); });

const messages = [{ role: 'user', content: 'Tell me a story' }];
const text = 'Once upon a time there was.';

const checkPrefill = () => assert.deepEqual(prefills, [{ role: 'assistant', content: [{ type: 'text', text: 'Once upon a ti' }] }]);

test('chat client', async () => {
  prefills = [];
  const client = new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders: headers });
  const done = await client.chat.completions.stream({ model: 'm', messages, stream_options: { include_usage: true } }).finalChatCompletion();
  assert.equal(done.choices[0].message.content, text);
  assert.equal(done.choices[0].finish_reason, 'stop');
  assert.ok(done.usage.prompt_tokens > 20, `${JSON.stringify(done.usage)}: both parts were read`);
  checkPrefill();
});

test('responses client', async () => {
  prefills = [];
  const client = new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders: headers });
  const done = await client.responses.stream({ model: 'm', input: messages }).finalResponse();
  assert.equal(done.output_text, text);
  assert.equal(done.status, 'completed');
  checkPrefill();
});

test('messages client', async () => {
  prefills = [];
  const client = new Anthropic({ baseURL: sluice.url, apiKey: 'unused', maxRetries: 0, defaultHeaders: headers });
  const done = await client.messages.stream({ model: 'm', max_tokens: 100, messages }).finalMessage();
  assert.deepEqual(done.content.map(({ type, text: t }) => [type, t]), [['text', text]]);
  assert.equal(done.stop_reason, 'end_turn');
  checkPrefill();
});
