// The official openai client going on from responses that no provider keeps:
// the gateway does, for an upstream that speaks Messages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Agent, OpenAIResponsesModel, run, setTracingDisabled } from '@openai/agents';
import OpenAI from 'openai';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, family;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  family = families(upstream.url).anthropic;
});
after(() => { sluice?.close(); upstream?.close(); });

const client = (scenario) => new OpenAI({
  baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders: headersOf(family, scenario),
});

const tools = said.tools.calls.map((c) => ({
  type: 'function', name: c.name, strict: false,
  parameters: { type: 'object', properties: Object.fromEntries(Object.keys(c.input).map((k) => [k, {}])) },
}));

const ask = (scenario, more) => ({ model: family.model(scenario), max_output_tokens: 100, ...more });

test('a response is created, read, listed, continued and deleted', async () => {
  const openai = client('plain');
  const first = await openai.responses.create(ask('plain', { instructions: 'Be brief.', input: 'The first question', metadata: { a: 'b' } }));
  assert.equal(first.store, true);
  assert.deepEqual(first.metadata, { a: 'b' });
  const { output_text: firstText, ...plain } = first;
  const { output_text: readText, ...read } = await openai.responses.retrieve(first.id);
  assert.deepEqual(read, plain);
  assert.equal(readText ?? firstText, said.plain.text);

  const second = await openai.responses.create(ask('plain', { input: 'The second question', previous_response_id: first.id }));
  assert.equal(second.previous_response_id, first.id);
  assert.equal(second.output_text, said.plain.text);
  const sent = upstream.last().body;
  assert.deepEqual(sent.messages.map((m) => m.role), ['user', 'assistant', 'user']);
  assert.equal(sent.system, undefined); // instructions are not inherited

  const items = [];
  for await (const item of openai.responses.inputItems.list(second.id, { order: 'asc', limit: 1 })) items.push(item);
  assert.deepEqual(items.map((i) => i.role), ['user', 'assistant', 'user']);
  assert.equal(items[2].content[0].text, 'The second question');

  await openai.responses.delete(first.id);
  await assert.rejects(openai.responses.retrieve(first.id), OpenAI.NotFoundError);
  const err = await openai.responses.create(ask('plain', { input: 'x', previous_response_id: first.id })).catch((e) => e);
  assert.ok(err instanceof OpenAI.BadRequestError, String(err));
  assert.equal(err.code, 'previous_response_not_found');
});

test('tools go on over two streamed responses', async () => {
  const first = await client('tools').responses.stream(ask('tools', { input: 'What is the weather?', tools })).finalResponse();
  const results = first.output.filter((o) => o.type === 'function_call').map((o) => ({ type: 'function_call_output', call_id: o.call_id, output: '22 degrees' }));
  assert.equal(results.length, said.tools.calls.length);
  const second = await client('plain').responses.stream(ask('plain', { input: results, tools, previous_response_id: first.id })).finalResponse();
  assert.equal(second.output_text, said.plain.text);
  const [question, calls, answers] = upstream.last().body.messages;
  assert.equal(question.role, 'user');
  assert.deepEqual(calls.content.filter((b) => b.type === 'tool_use').map((b) => b.input), said.tools.calls.map((c) => c.input));
  assert.equal(answers.content.filter((b) => b.type === 'tool_result').length, results.length);
});

test('a kept response is told again as a stream', async () => {
  const openai = client('plain');
  const first = await openai.responses.create(ask('plain', { input: 'Hi' }));
  const types = [];
  let text = '';
  for await (const event of await openai.responses.retrieve(first.id, { stream: true })) {
    types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  assert.equal(types[0], 'response.created');
  assert.equal(types.at(-1), 'response.completed');
  assert.equal(text, said.plain.text);
});

test('a conversation is compacted, and goes on from its summary', async () => {
  const openai = client('plain');
  const short = await openai.responses.compact({ model: family.model('plain'), input: [{ role: 'user', content: 'Long work' }] });
  assert.equal(short.object, 'response.compaction');
  assert.deepEqual(short.output.map((o) => o.type), ['compaction']);
  await openai.responses.create(ask('plain', { input: [...short.output, { role: 'user', content: 'Go on' }] }));
  const sent = JSON.stringify(upstream.last().body.messages);
  assert.ok(sent.includes(said.plain.text) && !sent.includes('Long work'), sent);
});

test('the agents SDK goes on from the last response', async () => {
  setTracingDisabled(true);
  const model = new OpenAIResponsesModel(client('plain'), family.model('plain'));
  const agent = new Agent({ name: 'Helper', instructions: 'Be brief.', model });
  const first = await run(agent, 'The first question');
  const second = await run(agent, 'The second question', { previousResponseId: first.lastResponseId });
  assert.equal(second.finalOutput, said.plain.text);
  const sent = upstream.last().body;
  assert.deepEqual(sent.messages.map((m) => m.role), ['user', 'assistant', 'user']);
  assert.ok(JSON.stringify(sent.system).includes('Be brief.')); // the SDK sends them each time
});
