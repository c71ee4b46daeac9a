// A stream that is explained ends with a comment. The official clients read it
// as they read any other, and find the header.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { CohereClientV2 } from 'cohere-ai';
import OpenAI from 'openai';
import { said } from './answers.mjs';
import { families, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const asked = (family) => ({ ...family.headers, 'x-sluice-explain': 'true' });

// taping is a fetch that keeps what came over the wire.
function taping() {
  const tape = {};
  return [tape, async (...args) => {
    const response = await fetch(...args);
    tape.header = response.headers.get('x-sluice-explain');
    tape.body = await response.text();
    return new Response(tape.body, { status: response.status, headers: response.headers });
  }];
}

function checkTape(tape) {
  assert.deepEqual(JSON.parse(tape.header).attempts.map((a) => a.status), [200]);
  const end = tape.body.match(/\n\n: sluice-explain (\{.*\})\n\n$/);
  assert.ok(end, tape.body);
  assert.ok(JSON.parse(end[1]).cost);
}

for (const name of ['openai', 'anthropic', 'google']) {
  describe(`explained streams, ${name} upstream`, () => {
    const openai = (fetch) => new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, fetch, defaultHeaders: asked(all[name]) });

    test('chat', async () => {
      const [tape, fetch] = taping();
      const stream = openai(fetch).chat.completions.stream({ model: all[name].model('plain'), max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] });
      assert.equal(await stream.finalContent(), said.plain.text);
      checkTape(tape);
    });

    if (name !== 'openai') { // whose Responses API the scripted upstream does not have
      test('responses', async () => {
        const [tape, fetch] = taping();
        const stream = openai(fetch).responses.stream({ model: all[name].model('plain'), input: 'Hi' });
        assert.equal((await stream.finalResponse()).output_text, said.plain.text);
        checkTape(tape);
      });
    }

    test('messages', async () => {
      const [tape, fetch] = taping();
      const client = new Anthropic({ baseURL: sluice.url, apiKey: 'unused', maxRetries: 0, fetch, defaultHeaders: asked(all[name]) });
      const stream = client.messages.stream({ model: all[name].model('plain'), max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] });
      assert.equal(await stream.finalText(), said.plain.text);
      checkTape(tape);
    });

    test('cohere', async () => {
      const { authorization, ...headers } = asked(all[name]);
      const client = new CohereClientV2({ baseUrl: sluice.url, token: authorization.replace('Bearer ', ''), headers, maxRetries: 0 });
      let text = '', ended = false;
      for await (const e of await client.chatStream({ model: all[name].model('plain'), maxTokens: 9, messages: [{ role: 'user', content: 'Hi' }] })) {
        text += e.delta?.message?.content?.text ?? '';
        ended ||= e.type === 'message-end';
      }
      assert.equal(text, said.plain.text);
      assert.ok(ended);
    });

    test('gemini, whose client takes no comments and gets none', async () => {
      const ai = new GoogleGenAI({ apiKey: 'sk-upstream', httpOptions: { baseUrl: sluice.url, headers: asked(all[name]) } });
      let text = '';
      for await (const c of await ai.models.generateContentStream({ model: all[name].model('plain'), contents: 'Hi' })) text += c.text ?? '';
      assert.equal(text, said.plain.text);
    });
  });
}

const broken = { 'x-portkey-provider': 'echo', 'x-sluice-explain': 'true' };
const question = { model: 'echo', max_tokens: 99, messages: [{ role: 'user', content: 'fail stream' }] };

test('an explained stream that breaks off throws as any other: chat', async () => {
  const [tape, fetch] = taping();
  const client = new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, fetch, defaultHeaders: broken });
  await assert.rejects(client.chat.completions.stream(question).finalContent(), OpenAI.APIError);
  checkTape(tape);
});

test('an explained stream that breaks off throws as any other: messages', async () => {
  const [tape, fetch] = taping();
  const client = new Anthropic({ baseURL: sluice.url, apiKey: 'unused', maxRetries: 0, fetch, defaultHeaders: broken });
  await assert.rejects(client.messages.stream(question).finalText(), Anthropic.APIError);
  checkTape(tape);
});
