package gemini

import "sluice/core/internal/json"

// The types follow the API's JSON in camelCase. Unknown members are kept
// everywhere.

type request struct {
	System     *content      `json:"systemInstruction,omitzero"`
	Contents   list[content] `json:"contents,omitzero"`
	Tools      list[tool]    `json:"tools,omitzero"`
	ToolConfig *toolConfig   `json:"toolConfig,omitzero"`
	Config     *config       `json:"generationConfig,omitzero"`
	Rest       json.Value    `json:",embed"` // safetySettings, cachedContent, labels
}

// A list is repeated in protobuf, which takes a single element for a list of
// one.
type list[T any] []T

// UnmarshalJSONFrom reads an array or a single element.
func (l *list[T]) UnmarshalJSONFrom(d *json.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		*l = nil
		return d.SkipValue()
	case '[':
		return json.Decode(d, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Decode(d, &(*l)[0])
}

type content struct {
	Parts list[part] `json:"parts,omitzero"`
	Role  string     `json:"role,omitzero"`
	Rest  json.Value `json:",embed"`
}

// A part is a union: one member says what it is.
type part struct {
	Text      *string           `json:"text,omitzero"`
	Thought   bool              `json:"thought,omitzero"`
	Inline    *blob             `json:"inlineData,omitzero"`
	File      *fileData         `json:"fileData,omitzero"`
	Call      *functionCall     `json:"functionCall,omitzero"`
	Response  *functionResponse `json:"functionResponse,omitzero"`
	Signature string            `json:"thoughtSignature,omitzero"` // base64
	Rest      json.Value        `json:",embed"`                    // executableCode, videoMetadata and others
}

type blob struct {
	MimeType string     `json:"mimeType,omitzero"`
	Data     string     `json:"data,omitzero"` // base64
	Name     string     `json:"displayName,omitzero"`
	Rest     json.Value `json:",embed"`
}

type fileData struct {
	MimeType string     `json:"mimeType,omitzero"`
	URI      string     `json:"fileUri,omitzero"`
	Name     string     `json:"displayName,omitzero"`
	Rest     json.Value `json:",embed"`
}

type functionCall struct {
	ID   string     `json:"id,omitzero"`
	Name string     `json:"name,omitzero"`
	Args json.Value `json:"args,omitzero"`
	Rest json.Value `json:",embed"` // partialArgs, willContinue
}

type functionResponse struct {
	ID       string     `json:"id,omitzero"`
	Name     string     `json:"name,omitzero"`
	Response json.Value `json:"response,omitzero"`
	Parts    list[part] `json:"parts,omitzero"`
	Rest     json.Value `json:",embed"` // willContinue, scheduling
}

// A tool holds function declarations, or members that each are a tool of the
// provider's own.
type tool struct {
	Functions list[function] `json:"functionDeclarations,omitzero"`
	Rest      json.Value     `json:",embed"`
}

type function struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitzero"`
	Parameters  json.Value `json:"parameters,omitzero"`           // OpenAPI 3.0
	JSONSchema  json.Value `json:"parametersJsonSchema,omitzero"` // instead
	Rest        json.Value `json:",embed"`                        // response, behavior
}

type toolConfig struct {
	Calling *callingConfig `json:"functionCallingConfig,omitzero"`
	Rest    json.Value     `json:",embed"` // retrievalConfig
}

type callingConfig struct {
	Mode    string       `json:"mode,omitzero"`
	Allowed list[string] `json:"allowedFunctionNames,omitzero"`
	Rest    json.Value   `json:",embed"`
}

type config struct {
	Temperature json.Value   `json:"temperature,omitzero"`
	TopP        json.Value   `json:"topP,omitzero"`
	TopK        json.Value   `json:"topK,omitzero"`
	Count       json.Value   `json:"candidateCount,omitzero"`
	MaxTokens   json.Value   `json:"maxOutputTokens,omitzero"`
	Stop        list[string] `json:"stopSequences,omitzero"`
	Presence    json.Value   `json:"presencePenalty,omitzero"`
	Frequency   json.Value   `json:"frequencyPenalty,omitzero"`
	Seed        json.Value   `json:"seed,omitzero"`
	MimeType    string       `json:"responseMimeType,omitzero"`
	Schema      json.Value   `json:"responseSchema,omitzero"`     // OpenAPI 3.0
	JSONSchema  json.Value   `json:"responseJsonSchema,omitzero"` // instead
	Thinking    *thinking    `json:"thinkingConfig,omitzero"`
	Rest        json.Value   `json:",embed"` // responseModalities, speechConfig, logprobs and others
}

type thinking struct {
	Include *bool      `json:"includeThoughts,omitzero"`
	Budget  json.Value `json:"thinkingBudget,omitzero"` // tokens; 0 is off, -1 is up to the model
	Level   string     `json:"thinkingLevel,omitzero"`  // instead
	Rest    json.Value `json:",embed"`
}

// A response is a whole answer, and one chunk of a stream.
type response struct {
	Candidates list[candidate] `json:"candidates,omitzero"`
	Feedback   json.Value      `json:"promptFeedback,omitzero"`
	Usage      json.Value      `json:"usageMetadata,omitzero"`
	Model      string          `json:"modelVersion,omitzero"`
	Time       json.Value      `json:"createTime,omitzero"`
	ID         string          `json:"responseId,omitzero"`
	Error      json.Value      `json:"error,omitzero"`
	Rest       json.Value      `json:",embed"` // modelStatus
}

type candidate struct {
	Content *content   `json:"content,omitzero"`
	Finish  string     `json:"finishReason,omitzero"`
	Index   int        `json:"index,omitzero"`
	Rest    json.Value `json:",embed"` // safetyRatings, groundingMetadata, citationMetadata and others
}
