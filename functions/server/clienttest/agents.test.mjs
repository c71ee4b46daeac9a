// The OpenAI agents SDK, over chat and over Responses, in front of every
// upstream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  setTracingDisabled(true);
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const toolbox = (ran) => said.tools.calls.map(({ name, input }) => tool({
  name, description: name,
  parameters: z.object(Object.fromEntries(Object.entries(input).map(([k, v]) => [k, typeof v === 'number' ? z.number() : z.string()]))),
  execute: async (got) => { ran.push({ name, input: got }); return 'done'; },
}));

const apis = { chat: OpenAIChatCompletionsModel, responses: OpenAIResponsesModel };

for (const [api, Model] of Object.entries(apis)) {
  for (const family of ['openai', 'anthropic', 'google', 'bedrock']) {
    if (api === 'responses' && family === 'openai') continue; // the scripted upstream speaks chat there
    describe(`OpenAI agents, ${api}, ${family} upstream`, () => {
      const agent = (scenario, tools = []) => new Agent({
        name: 'Assistant', instructions: 'Be brief.', tools,
        model: new Model(new OpenAI({
          baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders: headersOf(all[family], scenario),
        }), all[family].model(scenario)),
      });

      test('text', async () => {
        const got = await run(agent('plain'), 'Hi');
        assert.equal(got.finalOutput, said.plain.text);
      });

      test('tools to their end', async () => {
        const ran = [];
        const got = await run(agent('agent', toolbox(ran)), 'Hi');
        assert.equal(got.finalOutput, said.plain.text);
        assert.deepEqual(ran, said.tools.calls);
      });

      test('tools to their end, streamed', async () => {
        const ran = [];
        const got = await run(agent('agent', toolbox(ran)), 'Hi', { stream: true });
        for await (const event of got) void event;
        await got.completed;
        assert.equal(got.finalOutput, said.plain.text);
        assert.deepEqual(ran, said.tools.calls);
      });
    });
  }
}
