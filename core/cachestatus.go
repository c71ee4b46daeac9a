package core

// A CacheStatus says what the cache had for a request, in the words of the
// header x-portkey-cache-status.
type CacheStatus string

// What the cache had. The empty status means that nobody looked.
const (
	CacheHit          CacheStatus = "HIT"
	CacheMiss         CacheStatus = "MISS"
	CacheRefresh      CacheStatus = "REFRESH" // the client wanted a new answer
	CacheSemanticHit  CacheStatus = "SEMANTIC HIT"
	CacheSemanticMiss CacheStatus = "SEMANTIC MISS"
	CacheDisabled     CacheStatus = "DISABLED" // only in the header
)

// Hit reports whether the answer is from the cache.
func (s CacheStatus) Hit() bool { return s == CacheHit || s == CacheSemanticHit }
