// Google's own client, in front of every upstream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const functionDeclarations = said.tools.calls.map(({ name, input }) => ({
  name, description: name,
  parametersJsonSchema: { type: 'object', properties: Object.fromEntries(Object.entries(input).map(([k, v]) => [k, { type: typeof v }])) },
}));

const calls = (parts) => parts.filter((p) => p.functionCall).map((p) => ({ name: p.functionCall.name, input: p.functionCall.args }));

for (const name of ['openai', 'anthropic', 'google', 'bedrock']) {
  describe(`Gemini client, ${name} upstream`, () => {
    // The client has the key in x-goog-api-key: it goes to whichever provider is
    // named.
    const client = (scenario) => {
      const { authorization, ...headers } = headersOf(all[name], scenario);
      const apiKey = authorization?.replace('Bearer ', '') ?? 'unused';
      return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: sluice.url, headers } });
    };
    const ask = (scenario, config = {}) => ({ model: all[name].model(scenario), contents: 'Hi', config: { maxOutputTokens: 100, ...config } });

    test('text', async () => {
      const got = await client('plain').models.generateContent(ask('plain'));
      assert.equal(got.text, said.plain.text);
      assert.equal(got.candidates[0].finishReason, 'STOP');
      assert.equal(got.usageMetadata.promptTokenCount, said.plain.input);
      assert.equal(got.usageMetadata.candidatesTokenCount, said.plain.output);
    });

    test('streamed text', async () => {
      let text = '';
      for await (const chunk of await client('plain').models.generateContentStream(ask('plain'))) text += chunk.text ?? '';
      assert.equal(text, said.plain.text);
    });

    const tools = { tools: [{ functionDeclarations }], toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } } };

    test('tools', async () => {
      const got = await client('tools').models.generateContent(ask('tools', tools));
      assert.deepEqual(calls(got.candidates[0].content.parts), said.tools.calls);
    });

    test('streamed tools', async () => {
      const found = [];
      for await (const chunk of await client('tools').models.generateContentStream(ask('tools', tools))) found.push(...calls(chunk.candidates?.[0]?.content?.parts ?? []));
      assert.deepEqual(found, said.tools.calls);
    });

    test('a chat with a tool to its end', async () => {
      const chat = client('agent').chats.create({ model: all[name].model('agent'), config: { maxOutputTokens: 100, ...tools } });
      const first = await chat.sendMessage({ message: 'Hi' });
      const answers = first.functionCalls.map((call) => ({ functionResponse: { id: call.id, name: call.name, response: { output: 'done' } } }));
      const got = await chat.sendMessage({ message: answers });
      assert.equal(got.text, said.plain.text);
    });

    test('errors', async () => {
      for (const status of [400, 401, 404, 429, 500]) {
        const err = await client(`${status}`).models.generateContent(ask(`${status}`)).catch((e) => e);
        assert.ok(err instanceof ApiError, String(err));
        assert.equal(err.status, status);
        assert.match(err.message, new RegExp(`scripted ${status}`));
      }
    });
  });
}
