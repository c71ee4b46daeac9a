// What the scripted upstreams say, in each provider's documented form.
// Every scenario says the same in all families, so that a test can state it
// once: see `said`.

// An answer has an id of its own: agents take two messages of one id for one.
const idOf = (s, prefix) => `${prefix}${s.finish}`;

export const said = {
  plain: { text: 'Hello there, 世界!', finish: 'stop', input: 11, output: 7 },
  json: { text: '{"city":"Tōkyō","id":3}', finish: 'stop', input: 11, output: 7 },
  tools: {
    text: 'Let me look.', finish: 'tool', input: 40, output: 20,
    calls: [
      { name: 'get_weather', input: { city: 'Tōkyō', id: 3 } },
      { name: 'get_time', input: { zone: 'Asia/Tokyo' } },
    ],
  },
};

const slowWords = Array.from({ length: 20 }, (_, i) => `word${i} `);

const sse = (data, event) => `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

// OpenAI: https://platform.openai.com/docs/api-reference/chat

const chatUsage = (s) => ({
  prompt_tokens: s.input, completion_tokens: s.output, total_tokens: s.input + s.output,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
});

const toolCalls = said.tools.calls.map((c, i) => ({
  id: `call_${i}`, type: 'function', function: { name: c.name, arguments: JSON.stringify(c.input) },
}));

const chatWhole = (s, message, finish_reason) => ({
  id: idOf(s, 'chatcmpl-9xYz'), object: 'chat.completion', created: 1726000000, model: 'gpt-4o-2024-08-06', service_tier: 'default',
  choices: [{ index: 0, message: { role: 'assistant', refusal: null, annotations: [], ...message }, logprobs: null, finish_reason }],
  usage: chatUsage(s), system_fingerprint: 'fp_44709d6fcb',
});

const chatChunk = (delta, finish_reason = null) => sse({
  id: 'chatcmpl-9xYz', object: 'chat.completion.chunk', created: 1726000000, model: 'gpt-4o-2024-08-06', system_fingerprint: 'fp_44709d6fcb',
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
});

const chatEnd = (s) => [
  sse({ id: 'chatcmpl-9xYz', object: 'chat.completion.chunk', created: 1726000000, model: 'gpt-4o-2024-08-06', choices: [], usage: chatUsage(s) }),
  sse('[DONE]'),
];

const halves = (text) => [text.slice(0, 5), text.slice(5)];

const chatText = (s) => ({
  whole: chatWhole(s, { content: s.text }, 'stop'),
  stream: [
    chatChunk({ role: 'assistant', content: '', refusal: null }),
    ...halves(s.text).map((content) => chatChunk({ content })),
    chatChunk({}, 'stop'), ...chatEnd(s),
  ],
});

const openai = {
  plain: chatText(said.plain),
  json: chatText(said.json),
  tools: {
    whole: chatWhole(said.tools, { content: said.tools.text, tool_calls: toolCalls }, 'tool_calls'),
    stream: [
      chatChunk({ role: 'assistant', content: '', refusal: null }),
      ...halves(said.tools.text).map((content) => chatChunk({ content })),
      ...toolCalls.flatMap((c, index) => [
        chatChunk({ tool_calls: [{ index, ...c, function: { name: c.function.name, arguments: '' } }] }),
        ...halves(c.function.arguments).map((a) => chatChunk({ tool_calls: [{ index, function: { arguments: a } }] })),
      ]),
      chatChunk({}, 'tool_calls'), ...chatEnd(said.tools),
    ],
  },
  slow: { stream: [...slowWords.map((content) => chatChunk({ content })), chatChunk({}, 'stop'), ...chatEnd(said.plain)] },
  error: (status) => ({ body: { error: { message: `scripted ${status}`, type: 'scripted_error', param: null, code: null } }, headers: status === 429 ? { 'retry-after': '7' } : {} }),
};

// Anthropic: https://docs.anthropic.com/en/api/messages

const messagesUsage = (s) => ({
  input_tokens: s.input, cache_creation_input_tokens: 0, cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }, output_tokens: s.output, service_tier: 'standard',
});

const toolUses = said.tools.calls.map((c, i) => ({ type: 'tool_use', id: `toolu_0${i}`, name: c.name, input: c.input }));

const messagesWhole = (s, content, stop_reason) => ({
  id: idOf(s, 'msg_01XFDUDYJgAACzvnptvVoYEL'), type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929', content, stop_reason, stop_sequence: null, usage: messagesUsage(s),
});

const event = (data) => sse(data, data.type);

const block = (index, content_block, deltas) => [
  event({ type: 'content_block_start', index, content_block }),
  ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
  event({ type: 'content_block_stop', index }),
];

const textBlock = (text) => block(0, { type: 'text', text: '' }, halves(text).map((t) => ({ type: 'text_delta', text: t })));

const messagesStream = (s, stop_reason, ...blocks) => [
  event({ type: 'message_start', message: { ...messagesWhole(s, [], null), usage: { ...messagesUsage(s), output_tokens: 1 } } }),
  event({ type: 'ping' }),
  ...blocks.flat(),
  event({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: s.output } }),
  event({ type: 'message_stop' }),
];

const anthropicErrors = { 400: 'invalid_request_error', 401: 'authentication_error', 404: 'not_found_error', 429: 'rate_limit_error', 500: 'api_error', 529: 'overloaded_error' };

const messagesText = (s) => ({
  whole: messagesWhole(s, [{ type: 'text', text: s.text }], 'end_turn'),
  stream: messagesStream(s, 'end_turn', textBlock(s.text)),
});

const anthropic = {
  plain: messagesText(said.plain),
  json: messagesText(said.json),
  tools: {
    whole: messagesWhole(said.tools, [{ type: 'text', text: said.tools.text }, ...toolUses], 'tool_use'),
    stream: messagesStream(said.tools, 'tool_use', textBlock(said.tools.text), ...toolUses.map((u, i) => block(
      i + 1, { ...u, input: {} },
      ['', ...halves(JSON.stringify(u.input))].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    ))),
  },
  slow: { stream: messagesStream(said.plain, 'end_turn', block(0, { type: 'text', text: '' }, slowWords.map((text) => ({ type: 'text_delta', text })))) },
  error: (status) => ({
    body: { type: 'error', error: { type: anthropicErrors[status] ?? 'api_error', message: `scripted ${status}` }, request_id: 'req_1' },
    headers: status === 429 ? { 'retry-after': '7' } : {},
  }),
};

// Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html

const converseUsage = (s) => ({ inputTokens: s.input, outputTokens: s.output, totalTokens: s.input + s.output });

const toolUseBlocks = said.tools.calls.map((c, i) => ({ toolUse: { toolUseId: `tooluse_${i}`, name: c.name, input: c.input } }));

const converseWhole = (s, content, stopReason) => ({
  metrics: { latencyMs: 300 }, output: { message: { content, role: 'assistant' } }, stopReason, usage: converseUsage(s),
});

const converseText = (text) => [
  ...halves(text).map((t) => ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: t } }]),
  ['contentBlockStop', { contentBlockIndex: 0 }],
];

const converseEnd = (s, stopReason) => [
  ['messageStop', { stopReason }],
  ['metadata', { metrics: { latencyMs: 300 }, usage: converseUsage(s) }],
];

const bedrockErrors = { 400: 'ValidationException', 401: 'UnrecognizedClientException', 404: 'ResourceNotFoundException', 429: 'ThrottlingException', 500: 'InternalServerException' };

const converseAnswer = (s) => ({
  whole: converseWhole(s, [{ text: s.text }], 'end_turn'),
  stream: [['messageStart', { role: 'assistant' }], ...converseText(s.text), ...converseEnd(s, 'end_turn')],
});

const bedrock = {
  plain: converseAnswer(said.plain),
  json: converseAnswer(said.json),
  tools: {
    whole: converseWhole(said.tools, [{ text: said.tools.text }, ...toolUseBlocks], 'tool_use'),
    stream: [
      ['messageStart', { role: 'assistant' }], ...converseText(said.tools.text),
      ...toolUseBlocks.flatMap(({ toolUse: { input, ...start } }, i) => [
        ['contentBlockStart', { contentBlockIndex: i + 1, start: { toolUse: start } }],
        ...halves(JSON.stringify(input)).map((part) => ['contentBlockDelta', { contentBlockIndex: i + 1, delta: { toolUse: { input: part } } }]),
        ['contentBlockStop', { contentBlockIndex: i + 1 }],
      ]),
      ...converseEnd(said.tools, 'tool_use'),
    ],
  },
  slow: {
    stream: [
      ['messageStart', { role: 'assistant' }], ...slowWords.map((text) => ['contentBlockDelta', { contentBlockIndex: 0, delta: { text } }]),
      ['contentBlockStop', { contentBlockIndex: 0 }], ...converseEnd(said.plain, 'end_turn'),
    ],
  },
  error: (status) => ({ body: { message: `scripted ${status}` }, headers: { 'x-amzn-errortype': `${bedrockErrors[status] ?? 'InternalServerException'}:http://internal.amazon.com/` } }),
};

// Gemini: https://ai.google.dev/api/generate-content

const geminiAnswer = (s, parts, finishReason) => ({
  candidates: [{ content: { parts, role: 'model' }, ...(finishReason ? { finishReason } : {}), index: 0 }],
  usageMetadata: { promptTokenCount: s.input, candidatesTokenCount: s.output, totalTokenCount: s.input + s.output, promptTokensDetails: [{ modality: 'TEXT', tokenCount: s.input }] },
  modelVersion: 'gemini-2.5-flash', responseId: idOf(s, 'mAitaLmkHPPlz7IPvtfUqQ4'),
});

const functionCalls = said.tools.calls.map((c) => ({ functionCall: { name: c.name, args: c.input } }));

const geminiErrors = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL' };

const geminiText = (s) => ({
  whole: geminiAnswer(s, [{ text: s.text }], 'STOP'),
  stream: halves(s.text).map((text, i) => sse(geminiAnswer(s, [{ text }], i ? 'STOP' : undefined))),
});

const google = {
  plain: geminiText(said.plain),
  json: geminiText(said.json),
  tools: {
    whole: geminiAnswer(said.tools, [{ text: said.tools.text }, ...functionCalls], 'STOP'),
    stream: [
      ...halves(said.tools.text).map((text) => sse(geminiAnswer(said.tools, [{ text }]))),
      ...functionCalls.map((call, i) => sse(geminiAnswer(said.tools, [call], i ? 'STOP' : undefined))),
    ],
  },
  slow: { stream: slowWords.map((text, i) => sse(geminiAnswer(said.plain, [{ text }], i === slowWords.length - 1 ? 'STOP' : undefined))) },
  error: (status) => ({ body: { error: { code: status, message: `scripted ${status}`, status: geminiErrors[status] ?? 'UNKNOWN' } }, headers: {} }),
};

export const answers = { openai, anthropic, bedrock, google };
