"""boto3 against a running gateway, through four providers that are scripted on
loopback. Only the endpoint and the credentials differ from what a program for
Amazon Bedrock has. Run by TestBoto3; SLUICE_URL and SLUICE_KEY say where.
"""

import base64
import binascii
import json
import os
import struct
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

URL, KEY = os.environ["SLUICE_URL"], os.environ["SLUICE_KEY"]
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def event(kind, name, payload):
    """One message of the AWS event stream."""
    headers = b""
    for k, v in ((":message-type", kind), (f":{kind}-type", name), (":content-type", "application/json")):
        headers += bytes([len(k)]) + k.encode() + b"\x07" + struct.pack(">H", len(v)) + v.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    prelude += struct.pack(">I", binascii.crc32(prelude))
    return prelude + headers + body + struct.pack(">I", binascii.crc32(prelude + headers + body))


def chunk(payload):
    return event("event", "chunk", {"bytes": base64.b64encode(json.dumps(payload).encode()).decode()})


def sse(*payloads):
    return "".join(f"data: {json.dumps(p)}\n\n" for p in payloads).encode()


MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
MESSAGES = [
    {"type": "message_start", "message": MESSAGE | {"content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Let me look."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"city":"Paris"}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]
WHOLE = {
    "anthropic": MESSAGE | {
        "content": [{"type": "text", "text": "Let me look."}, {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Paris"}}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 10, "output_tokens": 5}},
    "openai": {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Let me look.", "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}]}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}},
    "google": {
        "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
            {"text": "Let me look."}, {"functionCall": {"name": "get_weather", "args": {"city": "Paris"}}}]}}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}},
    "converse": {
        "output": {"message": {"role": "assistant", "content": [
            {"text": "Let me look."}, {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Paris"}}}]}},
        "stopReason": "tool_use", "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}, "metrics": {"latencyMs": 3}},
}
CHAT = [{"choices": [{"index": 0, "delta": d, "finish_reason": f}]} | {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"} for d, f in (
    ({"role": "assistant", "content": "Let me look."}, None),
    ({"tool_calls": [{"index": 0, "id": "t1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}]}, None),
    ({}, "tool_calls"))] + [{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": WHOLE["openai"]["usage"]}]
CONVERSE = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Let me look."}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "get_weather"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"city":"Paris"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": WHOLE["converse"]["usage"], "metrics": {"latencyMs": 3}}),
]
STREAMS = {
    "anthropic": b"".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in MESSAGES),
    "openai": sse(*CHAT) + b"data: [DONE]\n\n",
    "google": sse(WHOLE["google"]),
    "converse": b"".join(event("event", n, p) for n, p in CONVERSE),
    "invoke": b"".join(chunk(e) for e in MESSAGES),
}
WHOLE["invoke"] = WHOLE["anthropic"]


class Provider(BaseHTTPRequestHandler):
    """Each of four providers, by its path; a model named after a status fails with it."""

    seen = []
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        Provider.seen.append((self.path, dict(self.headers), raw))
        path, body = self.path.split("?")[0], json.loads(raw)
        form = ("google" if "enerateContent" in path else "anthropic" if path.endswith("/messages") else
                "converse" if "/converse" in path else "invoke" if "/invoke" in path else "openai")
        if b'"fail-429"' in raw or "fail-429" in path:
            return self.answer(429, "application/json", b'{"error":{"message":"slow down","type":"rate_limit_error"},"message":"slow down"}')
        if body.get("stream") or "tream" in path:
            kind = "application/vnd.amazon.eventstream" if form in ("converse", "invoke") else "text/event-stream"
            data = STREAMS[form]
            return self.answer(200, kind, data[: len(data) // 2] if "fail-cut" in path or b'"fail-cut"' in raw else data)
        self.answer(200, "application/json", json.dumps(WHOLE[form]).encode())

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


TOOL = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}}}}]}
HISTORY = [
    {"role": "user", "content": [{"text": "Weather?"}, {"image": {"format": "png", "source": {"bytes": b"\x89PNG\r\n\x1a\n"}}}]},
    {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t0", "name": "get_weather", "input": {"city": "Rome"}}}]},
    {"role": "user", "content": [{"toolResult": {"toolUseId": "t0", "content": [{"text": "21"}]}}, {"text": "And Paris?"}]},
]
BODY = {
    "anthropic_version": "bedrock-2023-05-31", "anthropic_beta": ["interleaved-thinking-2025-05-14"], "max_tokens": 99,
    "messages": [{"role": "user", "content": "Weather?"}],
    "tools": [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
}


class Boto3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.provider = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
        threading.Thread(target=cls.provider.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.provider.shutdown()
        cls.provider.server_close()

    def client(self, provider, key=KEY, **config):
        url = f"http://127.0.0.1:{self.provider.server_address[1]}"
        headers = {"x-portkey-provider": provider, "x-portkey-custom-host": url, "x-api-key": "theirs"}
        if provider == "bedrock":
            headers |= {"x-portkey-aws-access-key-id": "AKIDEXAMPLE", "x-portkey-aws-secret-access-key": "theirs"}
        client = boto3.client(
            "bedrock-runtime", endpoint_url=URL, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=key and "anything",
            config=Config(retries={"total_max_attempts": 1}, **config))
        self.addCleanup(client.close)
        client.meta.events.register("before-sign.bedrock-runtime", lambda request, **_: [request.headers.add_header(k, v) for k, v in headers.items()])
        return client

    def each(self):
        for provider in ("openai", "anthropic", "google", "bedrock"):
            with self.subTest(provider):
                yield self.client(provider)
                self.assertNotIn("anything", str(Provider.seen[-1]))
                self.assertNotIn(KEY, str(Provider.seen[-1]), "the gateway key was sent on")

    def test_converse(self):
        for client in self.each():
            out = client.converse(modelId=CLAUDE, messages=HISTORY, system=[{"text": "Be brief"}], toolConfig=TOOL, inferenceConfig={"maxTokens": 99})
            self.assertEqual(out["stopReason"], "tool_use")
            text, call = out["output"]["message"]["content"]
            self.assertEqual(text["text"], "Let me look.")
            self.assertEqual((call["toolUse"]["name"], call["toolUse"]["input"]), ("get_weather", {"city": "Paris"}))
            self.assertEqual((out["usage"]["inputTokens"], out["usage"]["outputTokens"]), (10, 5))
            self.assertTrue(out["ResponseMetadata"]["RequestId"])

    def test_converse_stream(self):
        for client in self.each():
            out = client.converse_stream(modelId=CLAUDE, messages=HISTORY, toolConfig=TOOL)
            events = list(out["stream"])
            names = [next(iter(e)) for e in events]
            self.assertEqual((names[0], names[-2:]), ("messageStart", ["messageStop", "metadata"]))
            deltas = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
            self.assertEqual("".join(d.get("text", "") for d in deltas), "Let me look.")
            self.assertEqual(json.loads("".join(d.get("toolUse", {}).get("input", "") for d in deltas)), {"city": "Paris"})
            self.assertEqual(names.count("contentBlockStop"), 2)
            self.assertEqual(events[-1]["metadata"]["usage"]["outputTokens"], 5)

    def test_invoke_model(self):
        for client in self.each():
            out = client.invoke_model(modelId=CLAUDE, body=json.dumps(BODY))
            answer = json.loads(out["body"].read())
            self.assertEqual((answer["type"], answer["stop_reason"]), ("message", "tool_use"))
            self.assertEqual(answer["content"][1]["input"], {"city": "Paris"})

    def test_invoke_model_with_response_stream(self):
        for client in self.each():
            out = client.invoke_model_with_response_stream(modelId=CLAUDE, body=json.dumps(BODY))
            events = [json.loads(e["chunk"]["bytes"]) for e in out["body"]]
            self.assertEqual((events[0]["type"], events[-1]["type"]), ("message_start", "message_stop"))
            text = "".join(e["delta"].get("text", "") for e in events if e["type"] == "content_block_delta")
            self.assertEqual(text, "Let me look.")

    def test_the_form_of_claude_code(self):
        """A bearer token in place of a signature, and betas in the body."""
        os.environ["AWS_BEARER_TOKEN_BEDROCK"] = KEY
        self.addCleanup(os.environ.pop, "AWS_BEARER_TOKEN_BEDROCK")
        client = self.client("bedrock", key=None)
        body = json.dumps(BODY).encode()
        out = client.invoke_model_with_response_stream(modelId=CLAUDE, body=body)
        self.assertEqual(json.loads(list(out["body"])[-1]["chunk"]["bytes"]), MESSAGES[-1])
        path, headers, sent = Provider.seen[-1]
        self.assertEqual((path, sent), (f"/model/{CLAUDE.replace(':', '%3A')}/invoke-with-response-stream", body))
        self.assertIn("Credential=AKIDEXAMPLE/", headers["Authorization"])
        for other in ("anthropic", "openai"):
            client = self.client(other)
            list(client.invoke_model_with_response_stream(modelId=CLAUDE, body=body)["body"])
            self.assertNotIn("anthropic_beta", json.loads(Provider.seen[-1][2]))

    def test_errors_have_the_names_of_amazon(self):
        for client in self.each():
            with self.assertRaises(client.exceptions.ThrottlingException) as caught:
                client.converse(modelId="fail-429", messages=HISTORY[:1])
            self.assertIn("slow down", str(caught.exception))
        with self.assertRaises(ClientError) as caught:
            self.client("openai", key="wrong").converse(modelId=CLAUDE, messages=HISTORY[:1])
        self.assertEqual(caught.exception.response["Error"]["Code"], "UnrecognizedClientException")

    def test_a_cut_stream_is_an_error(self):
        for client in self.each():
            with self.assertRaises((EventStreamError, ClientError)):
                for e in client.converse_stream(modelId="fail-cut", messages=HISTORY[:1])["stream"]:
                    self.assertNotIn("messageStop", e)


if __name__ == "__main__":
    unittest.main()
