// What every test needs: a scripted upstream that speaks as the provider
// families do, and the server as a user runs it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { answers } from './answers.mjs';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// startUpstream answers by the scenario that the model's name ends with:
// plain, tools, slow, or a status such as 429. An agent is asked to use its
// tools first, and gets a plain answer when it has.
export async function startUpstream() {
  const seen = [];
  const server = http.createServer(async (req, res) => {
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const path = decodeURIComponent(req.url.split('?')[0]);
    const call = { path, url: req.url, body, headers: req.headers, closed: false };
    res.on('close', () => { call.closed = !res.writableEnded; });
    seen.push(call);
    const family = familyOf(path);
    const model = path.match(/^\/model\/([^/]+)/)?.[1] ?? path.match(/deployments\/([^/]+)/)?.[1] ?? path.match(/models\/([^/:]+):/)?.[1] ?? body.model;
    const asked = model.split('-').at(-1);
    const scenario = asked === 'agent' ? (hasResult(body) ? 'plain' : 'tools') : asked;
    const stream = body.stream === true || path.endsWith('converse-stream') || path.endsWith(':streamGenerateContent');
    if (/^\d+$/.test(scenario)) return sendError(res, family, Number(scenario));
    if (stream) return sendStream(res, family, scenario);
    send(res, 200, answers[family][scenario].whole);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    last: () => seen.at(-1),
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

const hasResult = (body) => /"(tool_call_id|tool_use_id|function_call_output|functionResponse|toolResult)"/.test(JSON.stringify(body));

function familyOf(path) {
  if (path.startsWith('/model/')) return 'bedrock';
  if (path.endsWith('/messages')) return 'anthropic';
  if (path.includes(':')) return 'google';
  return 'openai';
}

function send(res, status, object, headers = {}) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify(object));
}

function sendError(res, family, status) {
  const { body, headers } = answers[family].error(status);
  send(res, status, body, headers);
}

async function sendStream(res, family, scenario) {
  const eventStream = family === 'bedrock';
  res.writeHead(200, { 'content-type': eventStream ? 'application/vnd.amazon.eventstream' : 'text/event-stream' });
  for (const event of answers[family][scenario].stream) {
    if (res.destroyed) return;
    res.write(eventStream ? encodeFrame(event) : event);
    if (scenario === 'slow') await sleep(50);
  }
  res.end();
}

export function encodeFrame([type, payload]) {
  const header = (value) => ({ type: 'string', value });
  return codec.encode({
    headers: { ':message-type': header('event'), ':event-type': header(type), ':content-type': header('application/json') },
    body: fromUtf8(JSON.stringify(payload)),
  });
}

// startSluice starts the binary that SLUICE_BIN names, with a data folder of
// its own: a folder has one server at a time.
export async function startSluice() {
  const data = mkdtempSync(join(tmpdir(), 'sluice-'));
  const process_ = spawn(process.env.SLUICE_BIN ?? '../../../bin/sluice', ['--listen', '127.0.0.1:0', '--data', data], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  const url = await new Promise((done, fail) => {
    process_.on('error', fail);
    process_.on('exit', (code) => fail(new Error(`the server ended with ${code}: ${log}`)));
    process_.stderr.on('data', (d) => {
      log += d;
      const m = log.match(/listens on (http:\/\/\S+)\/v1/);
      if (m) done(m[1]);
    });
  });
  process_.removeAllListeners('exit').on('exit', () => rmSync(data, { recursive: true, force: true }));
  return { url, log: () => log, close: () => process_.kill() };
}

// families are the four upstreams: how a client names each, and how it asks
// for a scenario.
export function families(upstream) {
  return {
    openai: {
      model: (s) => `gpt-${s}`,
      headers: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1`, authorization: 'Bearer sk-upstream' },
    },
    azure: {
      model: (s) => `gpt-${s}`,
      headersFor: (s) => ({
        'x-portkey-provider': 'azure-openai', 'x-portkey-custom-host': `${upstream}/openai`, authorization: 'Bearer azure-key',
        'x-portkey-azure-resource-name': 'unused', 'x-portkey-azure-deployment-id': `gpt-${s}`, 'x-portkey-azure-api-version': '2024-10-21',
      }),
    },
    anthropic: {
      model: (s) => `claude-${s}`,
      headers: { 'x-portkey-provider': 'anthropic', 'x-portkey-custom-host': `${upstream}/v1`, authorization: 'Bearer sk-upstream' },
    },
    google: {
      model: (s) => `gemini-${s}`,
      headers: { 'x-portkey-provider': 'google', 'x-portkey-custom-host': upstream, authorization: 'Bearer sk-upstream' },
    },
    bedrock: {
      model: (s) => `anthropic.claude-${s}`,
      headers: {
        'x-portkey-provider': 'bedrock', 'x-portkey-custom-host': upstream, 'x-portkey-aws-region': 'us-east-1',
        'x-portkey-aws-access-key-id': 'AKIDEXAMPLE', 'x-portkey-aws-secret-access-key': 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      },
    },
  };
}

export const headersOf = (family, scenario) => family.headersFor?.(scenario) ?? family.headers;
