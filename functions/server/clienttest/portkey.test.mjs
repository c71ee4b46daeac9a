// The portkey-ai client, as its users have it: only the base URL changes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Portkey } from 'portkey-ai';
import { said } from './answers.mjs';
import { startSluice, startUpstream } from './harness.mjs';

let upstream, sluice;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
});
after(() => { sluice?.close(); upstream?.close(); });

const client = (config) => new Portkey({ baseURL: `${sluice.url}/v1`, apiKey: 'unused', config });
const target = (provider, path) => ({ provider, api_key: 'k', custom_host: `${upstream.url}${path}` });
const messages = [{ role: 'user', content: 'Hi' }];

test('a config with a fallback', async () => {
  const config = {
    strategy: { mode: 'fallback' },
    targets: [
      { ...target('openai', '/v1'), override_params: { model: 'gpt-500' } },
      { ...target('anthropic', '/v1'), override_params: { model: 'claude-plain' } },
    ],
  };
  const got = await client(config).chat.completions.create({ model: 'any', messages, max_tokens: 9 });
  assert.equal(got.choices[0].message.content, said.plain.text);
  assert.equal(got.getHeaders()['last-used-option-index'], 'config.targets[1]');
});

test('a stream', async () => {
  const stream = await client(target('anthropic', '/v1')).chat.completions.create({ model: 'claude-plain', messages, max_tokens: 9, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
  assert.equal(text, said.plain.text);
});

const tools = said.tools.calls.map((c) => ({
  type: 'function', function: { name: c.name, parameters: { type: 'object', properties: Object.fromEntries(Object.keys(c.input).map((k) => [k, {}])) } },
}));

const targets = {
  openai: () => target('openai', '/v1'), anthropic: () => target('anthropic', '/v1'), google: () => target('google', ''),
  bedrock: () => ({ ...target('bedrock', ''), aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: 'k', aws_region: 'us-east-1' }),
};
const models = { openai: 'gpt', anthropic: 'claude', google: 'gemini', bedrock: 'anthropic.claude' };

for (const name of Object.keys(targets)) {
  const ask = (scenario, more = {}) => client(targets[name]()).chat.completions.create({ model: `${models[name]}-${scenario}`, messages, max_tokens: 9, ...more });

  test(`chat, stream and tools of ${name}, by a config alone`, async () => {
    assert.equal((await ask('plain')).choices[0].message.content, said.plain.text);
    let text = '';
    for await (const chunk of await ask('plain', { stream: true })) text += chunk.choices[0]?.delta?.content ?? '';
    assert.equal(text, said.plain.text);
    const got = await ask('tools', { tools });
    assert.deepEqual(
      got.choices[0].message.tool_calls.map((c) => ({ name: c.function.name, input: JSON.parse(c.function.arguments) })), said.tools.calls);
  });
}
