// What the scripted upstreams say is what the providers' own SDKs read, and
// reading it through Sluice gives an equal object.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AzureOpenAI, OpenAI } from 'openai';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const plainObject = (o) => JSON.parse(JSON.stringify(o, (k, v) => (k === '_request_id' ? undefined : v)));
const messages = [{ role: 'user', content: 'Hi' }];

for (const scenario of ['plain', 'tools']) {
  const chat = (model) => ({ model, messages, stream_options: { include_usage: true } });

  const compareChat = async (direct, through, model) => {
    const { stream_options, ...whole } = chat(model);
    assert.deepEqual(plainObject(await through.chat.completions.create(whole)), plainObject(await direct.chat.completions.create(whole)));
    const fold = async (c) => plainObject(await c.chat.completions.stream(chat(model)).finalChatCompletion());
    assert.deepEqual(await fold(through), await fold(direct));
  };

  test(`OpenAI, ${scenario}`, async () => {
    await compareChat(
      new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: 'k' }),
      new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'k', defaultHeaders: all.openai.headers }),
      `gpt-${scenario}`);
  });

  test(`Azure, ${scenario}`, async () => {
    await compareChat(
      new AzureOpenAI({ endpoint: upstream.url, apiKey: 'k', apiVersion: '2024-10-21', deployment: `gpt-${scenario}` }),
      new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'k', defaultHeaders: headersOf(all.azure, scenario) }),
      `gpt-${scenario}`);
  });

  test(`Anthropic, ${scenario}`, async () => {
    const direct = new Anthropic({ baseURL: upstream.url, apiKey: 'k' });
    const through = new Anthropic({ baseURL: sluice.url, apiKey: 'k', defaultHeaders: all.anthropic.headers });
    const ask = { model: `claude-${scenario}`, max_tokens: 9, messages };
    assert.deepEqual(plainObject(await through.messages.create(ask)), plainObject(await direct.messages.create(ask)));
    const fold = async (c) => plainObject(await c.messages.stream(ask).finalMessage());
    assert.deepEqual(await fold(through), await fold(direct));
  });

  test(`Bedrock, ${scenario}`, async () => {
    const direct = new BedrockRuntimeClient({
      region: 'us-east-1', endpoint: upstream.url, requestHandler: new NodeHttpHandler(), credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    });
    const input = { modelId: `anthropic.claude-${scenario}`, messages: [{ role: 'user', content: [{ text: 'Hi' }] }] };
    const whole = await direct.send(new ConverseCommand(input));
    checkConverse(whole.output.message.content, whole.stopReason, whole.usage, scenario);
    const streamed = await foldConverse((await direct.send(new ConverseStreamCommand(input))).stream);
    checkConverse(streamed.content, streamed.stopReason, streamed.usage, scenario);
    // The gateway's own reading of the same bytes is compared in the tests of
    // the two clients: they state the same `said`.
  });
}

function checkConverse(content, stopReason, usage, scenario) {
  const want = said[scenario];
  assert.equal(content.map((b) => b.text ?? '').join(''), want.text);
  assert.deepEqual(content.filter((b) => b.toolUse).map(({ toolUse: { name, input } }) => ({ name, input })), want.calls ?? []);
  assert.equal(stopReason, want.finish === 'tool' ? 'tool_use' : 'end_turn');
  assert.equal(usage.inputTokens, want.input);
  assert.equal(usage.outputTokens, want.output);
}

async function foldConverse(stream) {
  const blocks = [];
  let stopReason, usage;
  for await (const e of stream) {
    if (e.contentBlockStart) blocks[e.contentBlockStart.contentBlockIndex] = { toolUse: { ...e.contentBlockStart.start.toolUse, input: '' } };
    if (e.contentBlockDelta) {
      const { contentBlockIndex: i, delta } = e.contentBlockDelta;
      if (delta.toolUse) blocks[i].toolUse.input += delta.toolUse.input;
      else blocks[i] = { text: (blocks[i]?.text ?? '') + delta.text };
    }
    stopReason = e.messageStop?.stopReason ?? stopReason;
    usage = e.metadata?.usage ?? usage;
  }
  const content = blocks.map((b) => (b.toolUse ? { toolUse: { ...b.toolUse, input: JSON.parse(b.toolUse.input) } } : b));
  return { content, stopReason, usage };
}
