// Package metrics tells monitoring systems what records say: three sinks of
// [usage.Record] over one set of names.
//
//   - [Prometheus] keeps counters and histograms in the process, and writes
//     them when it is asked.
//   - [EMF] writes one line for each request, of which CloudWatch makes
//     metrics.
//   - [OTLP] sends one trace for each request to a collector.
//
// The names are those of OpenTelemetry's conventions for generative AI. What
// they have no name for begins with "sluice.". Conventions for generative AI
// are not stable: [Schema] is the version that is meant, and it changes with
// a line in the changelog only.
//
// Metrics are of what providers did: an answer from the gateway's own cache
// has no tokens and no duration in them, and is counted as what it is. What an
// attempt cost that came to nothing counts for its own provider and model.
//
// https://github.com/open-telemetry/semantic-conventions/tree/v1.41.0/docs/gen-ai
package metrics

// Schema is the version of OpenTelemetry's conventions that names and
// attributes are of: the last one before those for generative AI moved to a
// repository of their own.
const Schema = "1.41.0"

// schemaURL is what OTLP calls that version.
const schemaURL = "https://opentelemetry.io/schemas/" + Schema

// Metrics of the conventions. Prometheus has them with its own separators and
// units: gen_ai_client_operation_duration_seconds.
const (
	TokenUsage   = "gen_ai.client.token.usage"         // tokens of one call, by gen_ai.token.type
	Duration     = "gen_ai.client.operation.duration"  // until the end of the answer, in seconds
	FirstContent = "gen_ai.server.time_to_first_token" // of a stream: until its first byte, in seconds
)

// Attributes of the conventions.
const (
	OperationName = "gen_ai.operation.name"
	ProviderName  = "gen_ai.provider.name"
	RequestModel  = "gen_ai.request.model"
	ResponseModel = "gen_ai.response.model"
	TokenType     = "gen_ai.token.type"
	InputTokens   = "gen_ai.usage.input_tokens" // all of them, cached or not
	OutputTokens  = "gen_ai.usage.output_tokens"
	CacheRead     = "gen_ai.usage.cache_read.input_tokens"
	CacheCreation = "gen_ai.usage.cache_creation.input_tokens"
	ErrorType     = "error.type" // kind of failure, a fixed set
)

// What the conventions have no name for.
const (
	Requests  = "sluice.requests"             // by sluice.status_class
	Cost      = "sluice.cost"                 // in US dollars
	Unpriced  = "sluice.unpriced"             // calls whose cost is not, or not wholly, known
	Saved     = "sluice.saved"                // what answers from the cache would have cost, in US dollars
	Lookups   = "sluice.cache.lookups"        // by sluice.cache.result
	Denials   = "sluice.guardrail.denials"    // by sluice.guardrail.event
	Retries   = "sluice.retries"              // attempts that repeat one at the same target
	Fallbacks = "sluice.fallbacks"            // requests that went on to another target, by sluice.result
	Broken    = "sluice.broken_answers"       // that broke off after they had begun
	Left      = "sluice.clients_left"         // before the end of the answer
	WarmInput = "sluice.warm_turn.prompt"     // tokens of prompts that go on with a conversation, by sluice.source
	WarmShare = "sluice.warm_turn.cache_read" // share of these that a provider read from its cache, 0 to 1

	StatusClass   = "sluice.status_class" // 2xx, 4xx, 5xx
	ClientDialect = "sluice.dialect"      // the client's
	CacheResult   = "sluice.cache.result" // hit, miss, refresh, semantic_hit, semantic_miss
	HookEvent     = "sluice.guardrail.event"
	Result        = "sluice.result" // rescued, failed
	Source        = "sluice.source" // cache_read, cache_write, input

	// Of one request; never labels.
	RecordID   = "sluice.record.id"
	RequestID  = "sluice.request.id"
	TraceLabel = "sluice.trace.id" // as the client has it
	Workspace  = "sluice.workspace"
	Key        = "sluice.key" // its id
)
