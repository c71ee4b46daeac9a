// LangChain's chat models and LangGraph's agent, in front of every upstream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ChatAnthropic } from '@langchain/anthropic';
import { tool } from '@langchain/core/tools';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const models = {
  ChatOpenAI: (family, scenario) => new ChatOpenAI({
    model: all[family].model(scenario), apiKey: 'unused', maxTokens: 100, maxRetries: 0, useResponsesApi: false,
    configuration: { baseURL: `${sluice.url}/v1`, defaultHeaders: headersOf(all[family], scenario) },
  }),
  ChatAnthropic: (family, scenario) => new ChatAnthropic({
    model: all[family].model(scenario), apiKey: 'unused', maxTokens: 100, maxRetries: 0,
    anthropicApiUrl: sluice.url, clientOptions: { defaultHeaders: headersOf(all[family], scenario) },
  }),
};

const toolbox = (ran) => said.tools.calls.map(({ name, input }) => tool(
  async (got) => { ran.push({ name, input: got }); return 'done'; },
  { name, description: name, schema: z.object(Object.fromEntries(Object.entries(input).map(([k, v]) => [k, typeof v === 'number' ? z.number() : z.string()]))) },
));

const textOf = (content) => (typeof content === 'string' ? content : content.map((part) => part.text ?? '').join(''));

for (const [name, make] of Object.entries(models)) {
  for (const family of ['openai', 'anthropic', 'google', 'bedrock']) {
    describe(`LangChain ${name}, ${family} upstream`, () => {
      test('invoke', async () => {
        const got = await make(family, 'plain').invoke('Hi');
        assert.equal(textOf(got.content), said.plain.text);
        assert.equal(got.usage_metadata.input_tokens, said.plain.input);
        assert.equal(got.usage_metadata.output_tokens, said.plain.output);
      });

      test('stream', async () => {
        let text = '';
        for await (const chunk of await make(family, 'plain').stream('Hi')) text += textOf(chunk.content);
        assert.equal(text, said.plain.text);
      });

      test('tools', async () => {
        const got = await make(family, 'tools').bindTools(toolbox([])).invoke('Hi');
        assert.deepEqual(got.tool_calls.map((c) => ({ name: c.name, input: c.args })), said.tools.calls);
      });

      test('an agent of LangGraph', async () => {
        const ran = [];
        const agent = createReactAgent({ llm: make(family, 'agent'), tools: toolbox(ran) });
        const got = await agent.invoke({ messages: [{ role: 'user', content: 'Hi' }] });
        assert.equal(textOf(got.messages.at(-1).content), said.plain.text);
        assert.deepEqual(ran.sort((a, b) => b.name.localeCompare(a.name)), said.tools.calls);
      });

      test('an agent of LangGraph, streamed', async () => {
        let text = '';
        const agent = createReactAgent({ llm: make(family, 'agent'), tools: toolbox([]) });
        for await (const [message] of await agent.stream({ messages: [{ role: 'user', content: 'Hi' }] }, { streamMode: 'messages' })) {
          if (message.getType() === 'ai') text += textOf(message.content);
        }
        assert.equal(text, said.tools.text + said.plain.text);
      });
    });
  }
}
