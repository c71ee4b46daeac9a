package bedrock

import (
	"errors"
	"net/http"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// An Exception is AWS's name for a failure, such as ThrottlingException. It
// is the cause of errors that Bedrock reported.
type Exception string

func (x Exception) Error() string { return string(x) }

// exceptions is what the names mean. The statuses are those of the API; an
// exception in a stream has none of its own.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
var exceptions = map[Exception]struct {
	kind   llm.ErrorKind
	status int
}{
	"ThrottlingException":                 {llm.RateLimited, 429},
	"TooManyRequestsException":            {llm.RateLimited, 429},
	"ServiceQuotaExceededException":       {llm.Quota, 400},
	"ValidationException":                 {llm.BadRequest, 400},
	"ConflictException":                   {llm.BadRequest, 409},
	"ResourceNotFoundException":           {llm.NotFound, 404},
	"UnknownOperationException":           {llm.NotFound, 404},
	"ModelNotReadyException":              {llm.Overloaded, 429},
	"ServiceUnavailableException":         {llm.Overloaded, 503},
	"ServiceUnavailable":                  {llm.Overloaded, 503},
	"ModelTimeoutException":               {llm.Timeout, 408},
	"RequestTimeout":                      {llm.Timeout, 408},
	"ModelErrorException":                 {llm.Upstream, 424},
	"ModelStreamErrorException":           {llm.Upstream, 424},
	"InternalServerException":             {llm.Upstream, 500},
	"InternalFailure":                     {llm.Upstream, 500},
	"AccessDeniedException":               {llm.Credential, 403},
	"UnrecognizedClientException":         {llm.Credential, 403},
	"ExpiredTokenException":               {llm.Credential, 403},
	"ExpiredToken":                        {llm.Credential, 403},
	"InvalidSignatureException":           {llm.Credential, 403},
	"SignatureDoesNotMatch":               {llm.Credential, 403},
	"IncompleteSignature":                 {llm.Credential, 403},
	"IncompleteSignatureException":        {llm.Credential, 403},
	"InvalidClientTokenId":                {llm.Credential, 403},
	"MissingAuthenticationToken":          {llm.Credential, 403},
	"MissingAuthenticationTokenException": {llm.Credential, 403},
	"NotAuthorized":                       {llm.Credential, 403},
	"OptInRequired":                       {llm.Credential, 403},
}

// tooLong are words of messages about a prompt that does not fit.
var tooLong = []string{
	"input is too long", "prompt is too long", "too many input tokens", "exceed context limit",
	"maximum context length", "context window", "context length", "too many tokens in request",
	"input token count", "number of input tokens", "exceeds the maximum number of tokens",
}

// DecodeError reads an answer that is not a success. The name of the
// exception is in a header, or in the body as other AWS services have it.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	e := failure(exceptionOf(h, body), messageOf(body), body)
	e.Provider, e.Status = x.provider, status
	if e.Kind == llm.Internal {
		e.Kind = llm.KindOfStatus(status)
	}
	if e.Kind == llm.BadRequest && isTooLong(e.Message) {
		e.Kind = llm.ContextLength
	}
	if e.Message == "" {
		e.Message = http.StatusText(status)
	}
	e.RetryAfter = dialect.RetryAfter(h)
	return e
}

// failure makes an error of what AWS says. Its kind is Internal if the name
// is unknown.
func failure(name Exception, message string, body []byte) *llm.Error {
	e := &llm.Error{Message: message}
	if known, ok := exceptions[name]; ok {
		e.Kind, e.Status = known.kind, known.status
	}
	if name != "" {
		e.Err = name
	}
	if json.Valid(body) {
		e.Raw, e.RawDialect, e.RawType = append([]byte(nil), body...), llm.Converse, "application/json"
	}
	return e
}

func isTooLong(message string) bool {
	message = strings.ToLower(message)
	for _, words := range tooLong {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

// exceptionOf finds the name in "ThrottlingException:http://…" or in
// "com.amazon.coral#ThrottlingException".
func exceptionOf(h http.Header, body []byte) Exception {
	for _, s := range []string{h.Get("X-Amzn-ErrorType"), field(body, "__type"), field(body, "code")} {
		s, _, _ = strings.Cut(s, ":")
		if i := strings.LastIndexByte(s, '#'); i >= 0 {
			s = s[i+1:]
		}
		if s = strings.TrimSpace(s); s != "" {
			return Exception(s)
		}
	}
	return ""
}

func messageOf(body []byte) string {
	for _, name := range []string{"message", "Message", "errorMessage"} {
		if s := field(body, name); s != "" {
			return s
		}
	}
	return field(body, "error", "message")
}

// field is the text at a path, or "".
func field(body []byte, path ...string) string { return json.Unquote(json.Lookup(body, path...)) }

// streamFailure makes an error of an exception frame, whose names begin with
// a small letter.
func (x *exchange) streamFailure(name string, data []byte) *llm.Error {
	if name != "" {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	e := failure(Exception(name), messageOf(data), data)
	if e.Kind == llm.Internal {
		e.Kind = llm.Upstream
	}
	if e.Kind == llm.BadRequest && isTooLong(e.Message) {
		e.Kind = llm.ContextLength
	}
	if e.Message == "" {
		e.Message = "the stream ended with an error"
	}
	e.Provider = x.provider
	return e
}

// EncodeError writes the body of an error answer. Its name belongs in a header
// too; see [Codec.Label].
func (Codec) EncodeError(e *llm.Error, _ dialect.Options) []byte {
	if e.RawDialect == llm.Converse && messageOf(e.Raw) != "" {
		return e.Raw
	}
	body, err := json.Splice(errorBody(e), json.Edit{Name: "__type", Value: json.Quote(ErrorType(e))})
	if err != nil {
		return errorBody(e)
	}
	return body
}

// Label names the request and the kind of an error, as every SDK reads them.
// The name is in the body as well, as other AWS services have it: what stands
// in front of a gateway may rename headers of AWS's.
func (Codec) Label(h http.Header, requestID string, e *llm.Error) {
	if h.Get(requestIDHeader) == "" {
		h.Set(requestIDHeader, requestID)
	}
	if e != nil && h.Get(errorTypeHeader) == "" {
		h.Set(errorTypeHeader, ErrorType(e))
	}
}

const (
	requestIDHeader = "X-Amzn-Requestid"
	errorTypeHeader = "X-Amzn-Errortype"
)

func errorBody(e *llm.Error) []byte {
	return json.Object{json.Named("message", json.Quote(e.Told()))}.Value()
}

// ErrorType names an error as AWS does: by the name that it came with, else
// by its kind.
func ErrorType(e *llm.Error) string {
	if x, ok := errors.AsType[Exception](e.Err); ok {
		if _, known := exceptions[x]; known {
			return string(x)
		}
	}
	switch e.Kind {
	case llm.BadRequest, llm.Invalid, llm.TooLarge, llm.UnsupportedMedia, llm.ContextLength, llm.ContentFilter, llm.Unsupported, llm.Denied:
		return "ValidationException"
	case llm.Unauthenticated:
		return "UnrecognizedClientException"
	case llm.Forbidden, llm.Credential:
		return "AccessDeniedException"
	case llm.NotFound:
		return "ResourceNotFoundException"
	case llm.Quota:
		return "ServiceQuotaExceededException"
	case llm.RateLimited:
		return "ThrottlingException"
	case llm.Overloaded, llm.Unreachable:
		return "ServiceUnavailableException"
	case llm.Timeout:
		return "ModelTimeoutException"
	case llm.Upstream, llm.Truncated:
		return "ModelErrorException"
	}
	return "InternalServerException"
}

// streamExceptions are those that a ConverseStream can end with.
var streamExceptions = map[string]string{
	"ThrottlingException":           "throttlingException",
	"ServiceQuotaExceededException": "throttlingException",
	"ServiceUnavailableException":   "serviceUnavailableException",
	"ModelNotReadyException":        "serviceUnavailableException",
	"ValidationException":           "validationException",
	"ResourceNotFoundException":     "validationException",
	"ConflictException":             "validationException",
	"ModelErrorException":           "modelStreamErrorException",
	"ModelStreamErrorException":     "modelStreamErrorException",
	"ModelTimeoutException":         "modelStreamErrorException",
}

func streamException(e *llm.Error) string {
	if name, ok := streamExceptions[ErrorType(e)]; ok {
		return name
	}
	return "internalServerException"
}
