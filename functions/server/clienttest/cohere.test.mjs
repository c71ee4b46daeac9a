// The official Cohere client against the server, through every provider
// family: a program that uses it needs only another base URL.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CohereClientV2, CohereError } from 'cohere-ai';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const tools = said.tools.calls.map((c) => ({
  type: 'function',
  function: { name: c.name, description: 'Looks it up.', parameters: { type: 'object', properties: Object.fromEntries(Object.keys(c.input).map((k) => [k, {}])) } },
}));

const client = (family, scenario) => {
  const { authorization, ...headers } = headersOf(family, scenario);
  return new CohereClientV2({ baseUrl: sluice.url, token: authorization?.replace('Bearer ', '') ?? 'unused', headers, maxRetries: 0 });
};

const ask = (family, scenario) => ({
  model: family.model(scenario), maxTokens: 100, messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hi' }],
  ...(scenario === 'plain' ? {} : { tools }),
});

const finishes = { stop: 'COMPLETE', tool: 'TOOL_CALL' };

// collect puts a stream together as a program would.
async function collect(stream) {
  const message = { role: 'assistant', content: [], toolCalls: [] };
  const open = new Set();
  let end, id;
  for await (const e of stream) {
    switch (e.type) {
      case 'message-start': id = e.id; break;
      case 'content-start': open.add(`c${e.index}`); message.content[e.index] = { ...e.delta.message.content }; break;
      case 'content-delta': assert.ok(open.has(`c${e.index}`)); message.content[e.index].text += e.delta.message.content.text; break;
      case 'content-end': assert.ok(open.delete(`c${e.index}`)); break;
      case 'tool-call-start': open.add(`t${e.index}`); message.toolCalls[e.index] = structuredClone(e.delta.message.toolCalls); break;
      case 'tool-call-delta': assert.ok(open.has(`t${e.index}`)); message.toolCalls[e.index].function.arguments += e.delta.message.toolCalls.function.arguments; break;
      case 'tool-call-end': assert.ok(open.delete(`t${e.index}`)); break;
      case 'message-end': assert.equal(end, undefined); end = e.delta; break;
      default: assert.fail(e.type);
    }
  }
  assert.equal(open.size, 0);
  return { id, message, finishReason: end.finishReason, usage: end.usage };
}

function check(answer, scenario) {
  const want = said[scenario];
  assert.ok(answer.id);
  assert.equal(answer.message.content.map((c) => c.text).join(''), want.text);
  assert.deepEqual((answer.message.toolCalls ?? []).map((c) => ({ name: c.function.name, input: JSON.parse(c.function.arguments) })), want.calls ?? []);
  assert.equal(answer.finishReason, finishes[want.finish]);
  assert.equal(answer.usage.tokens.inputTokens, want.input);
  assert.equal(answer.usage.tokens.outputTokens, want.output);
}

for (const name of ['openai', 'anthropic', 'google', 'bedrock']) {
  describe(`cohere client, ${name} upstream`, () => {
    for (const scenario of ['plain', 'tools']) {
      test(`${scenario}, whole`, async () => check(await client(all[name], scenario).chat(ask(all[name], scenario)), scenario));

      test(`${scenario}, streamed`, async () => check(await collect(await client(all[name], scenario).chatStream(ask(all[name], scenario))), scenario));
    }

    test('a conversation with tools runs to its end', async () => {
      const family = all[name];
      const first = ask(family, 'agent');
      const { message } = await client(family, 'agent').chat(first);
      const results = message.toolCalls.map((c) => ({ role: 'tool', toolCallId: c.id, content: [{ type: 'document', document: { data: { answer: 'fine' } } }] }));
      check(await client(family, 'agent').chat({ ...first, messages: [...first.messages, message, ...results] }), 'plain');
    });

    test('an error has its status and its text', async () => {
      const err = await client(all[name], '429').chat(ask(all[name], '429')).then(() => assert.fail('it was answered'), (e) => e);
      assert.ok(err instanceof CohereError, String(err));
      assert.equal(err.statusCode, 429);
      assert.match(err.body.message, /scripted 429/);
    });
  });
}
