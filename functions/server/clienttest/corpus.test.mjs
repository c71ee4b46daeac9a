// The scripted answers that the matrix of dialect pairs is played with are
// what each provider's own SDK reads, and reading one through Sluice gives an
// equal object.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CohereClientV2 } from 'cohere-ai';
import OpenAI from 'openai';
import { encodeFrame, startSluice } from './harness.mjs';

// sections reads a txtar file: https://pkg.go.dev/golang.org/x/tools/txtar
function sections(dialect) {
  const text = readFileSync(new URL(`../../../core/gateway/testdata/matrix/${dialect}.txtar`, import.meta.url), 'utf8');
  const parts = text.split(/^-- (.*) --\n/m);
  return Object.fromEntries(parts.slice(1).flatMap((name, i, all) => (i % 2 ? [] : [[name, all[i + 1]]])));
}

const corpus = Object.fromEntries(['chat', 'responses', 'messages', 'gemini', 'converse', 'invoke', 'completions', 'cohere'].map((d) => [d, sections(d)]));

function dialectOf(path) {
  if (path.includes('/converse')) return 'converse';
  if (path.includes('/invoke')) return 'invoke';
  if (path.includes(':')) return 'gemini';
  if (path.endsWith('/chat/completions')) return 'chat';
  return { completions: 'completions', chat: 'cohere', responses: 'responses', messages: 'messages' }[path.split('/').at(-1)];
}

// startCorpus answers by the last word of the model's name: plain, tools,
// reasoning or error.
async function startCorpus() {
  const server = http.createServer(async (req, res) => {
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const path = decodeURIComponent(req.url.split('?')[0]);
    const dialect = dialectOf(path);
    const name = (path.match(/models\/([^:]+):/)?.[1] ?? path.match(/model\/([^/]+)/)?.[1] ?? body.model).split('-').at(-1);
    const stream = body.stream === true || /-stream$|streamGenerateContent/.test(path);
    const text = corpus[dialect][`${name}.${stream ? 'stream' : 'json'}`];
    if (!stream) {
      res.writeHead(name === 'error' ? 429 : 200, { 'content-type': 'application/json', 'x-amzn-errortype': name === 'error' ? 'ThrottlingException' : '' });
      return res.end(text);
    }
    const frames = dialect === 'converse' || dialect === 'invoke';
    res.writeHead(200, { 'content-type': frames ? 'application/vnd.amazon.eventstream' : 'text/event-stream' });
    if (!frames) return res.end(text);
    for (const line of text.trim().split('\n')) {
      const at = line.indexOf(' ');
      const payload = JSON.parse(line.slice(at + 1));
      res.write(encodeFrame([line.slice(0, at), dialect === 'invoke' ? { bytes: Buffer.from(JSON.stringify(payload)).toString('base64') } : payload]));
    }
    res.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
}

let upstream, sluice;

before(async () => {
  upstream = await startCorpus();
  sluice = await startSluice();
});
after(() => { sluice?.close(); upstream?.close(); });

const target = (provider, path = '') => ({ 'x-portkey-provider': provider, 'x-portkey-custom-host': upstream.url + path });
const plainObject = (o) => JSON.parse(JSON.stringify(o, (k, v) => (['_request_id', '$metadata', 'sdkHttpResponse'].includes(k) ? undefined : v)));
const messages = [{ role: 'user', content: 'What is the capital of France?' }];

async function listOf(stream) {
  const all = [];
  for await (const event of await stream) all.push(plainObject(event));
  return all;
}

const errorOf = (call) => call.then(() => assert.fail('it was answered'), (e) => ({ type: e.constructor.name, status: e.status ?? e.statusCode ?? e.$metadata?.httpStatusCode, message: e.message }));

// A reader asks one provider with its own SDK, directly or through Sluice.
const readers = {
  chat: (through) => {
    const c = new OpenAI({ baseURL: `${through ? sluice.url : upstream.url}/v1`, apiKey: 'k', maxRetries: 0, defaultHeaders: through ? target('openai', '/v1') : {} });
    return {
      whole: (s) => c.chat.completions.create({ model: `gpt-${s}`, messages }),
      stream: (s) => listOf(c.chat.completions.create({ model: `gpt-${s}`, messages, stream: true, stream_options: { include_usage: true } })),
    };
  },
  completions: (through) => {
    const c = new OpenAI({ baseURL: `${through ? sluice.url : upstream.url}/v1`, apiKey: 'k', maxRetries: 0, defaultHeaders: through ? target('openai', '/v1') : {} });
    const ask = (s) => ({ model: `gpt-3.5-turbo-instruct-${s}`, prompt: 'The capital of France' });
    return {
      whole: (s) => c.completions.create(ask(s)),
      stream: (s) => listOf(c.completions.create({ ...ask(s), stream: true, stream_options: { include_usage: true } })),
    };
  },
  cohere: (through) => {
    const c = new CohereClientV2({ token: 'k', environment: through ? sluice.url : upstream.url, headers: through ? target('cohere') : {}, maxRetries: 0 });
    const ask = (s) => ({ model: `command-${s}`, messages });
    return { whole: (s) => c.chat(ask(s), { maxRetries: 0 }), stream: (s) => listOf(c.chatStream(ask(s), { maxRetries: 0 })) };
  },
  responses: (through) => {
    const c = new OpenAI({ baseURL: `${through ? sluice.url : upstream.url}/v1`, apiKey: 'k', maxRetries: 0, defaultHeaders: through ? target('openai', '/v1') : {} });
    return {
      whole: (s) => c.responses.create({ model: `gpt-${s}`, input: 'Hi' }),
      stream: (s) => listOf(c.responses.create({ model: `gpt-${s}`, input: 'Hi', stream: true })),
    };
  },
  messages: (through) => {
    const c = new Anthropic({ baseURL: through ? sluice.url : upstream.url, apiKey: 'k', maxRetries: 0, defaultHeaders: through ? target('anthropic', '/v1') : {} });
    return {
      whole: (s) => c.messages.create({ model: `claude-${s}`, max_tokens: 99, messages }),
      stream: (s) => listOf(c.messages.create({ model: `claude-${s}`, max_tokens: 99, messages, stream: true })),
    };
  },
  gemini: (through) => {
    const c = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: through ? sluice.url : upstream.url, headers: through ? target('google') : {} } });
    const ask = (s) => ({ model: `gemini-${s}`, contents: 'What is the capital of France?' });
    return { whole: (s) => c.models.generateContent(ask(s)), stream: (s) => listOf(c.models.generateContentStream(ask(s))) };
  },
  converse: (through) => {
    const c = aws(through);
    const ask = (s) => ({ modelId: `anthropic.claude-${s}`, messages: [{ role: 'user', content: [{ text: 'Hi' }] }] });
    return { whole: (s) => c.send(new ConverseCommand(ask(s))), stream: async (s) => listOf((await c.send(new ConverseStreamCommand(ask(s)))).stream) };
  },
  invoke: (through) => {
    const c = aws(through);
    const ask = (s) => ({
      modelId: `anthropic.claude-${s}`, contentType: 'application/json',
      body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 99, messages }),
    });
    const read = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
    return {
      whole: async (s) => read((await c.send(new InvokeModelCommand(ask(s)))).body),
      stream: async (s) => {
        const all = [];
        for await (const event of (await c.send(new InvokeModelWithResponseStreamCommand(ask(s)))).body) all.push(read(event.chunk.bytes));
        return all;
      },
    };
  },
};

function aws(through) {
  const c = new BedrockRuntimeClient({
    region: 'us-east-1', endpoint: through ? sluice.url : upstream.url, requestHandler: new NodeHttpHandler(), maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });
  if (!through) return c;
  const headers = { ...target('bedrock'), 'x-portkey-aws-access-key-id': 'AKIDEXAMPLE', 'x-portkey-aws-secret-access-key': 'secret', 'x-portkey-aws-region': 'us-east-1' };
  c.middlewareStack.add((next) => (args) => { Object.assign(args.request.headers, headers); return next(args); }, { step: 'build' });
  return c;
}

for (const [dialect, reader] of Object.entries(readers)) {
  describe(`the provider's own SDK reads ${dialect}`, () => {
    const has = (name) => corpus[dialect][name] !== undefined; // a text calls no tools
    for (const scenario of ['plain', 'tools', 'reasoning'].filter((s) => has(`${s}.json`))) {
      test(scenario, async () => {
        assert.deepEqual(plainObject(await reader(true).whole(scenario)), plainObject(await reader(false).whole(scenario)));
      });
    }
    for (const scenario of ['plain', 'tools'].filter((s) => has(`${s}.stream`))) {
      test(`${scenario}, streamed`, async () => {
        const direct = await reader(false).stream(scenario);
        assert.ok(direct.length > 1);
        assert.deepEqual(await reader(true).stream(scenario), direct);
      });
    }
    test('error', async () => {
      const direct = await errorOf(reader(false).whole('error'));
      const through = await errorOf(reader(true).whole('error'));
      assert.equal(direct.status, 429);
      assert.equal(through.status, direct.status);
      assert.equal(through.type, direct.type);
      assert.match(through.message, /slow down/);
    });
  });
}
