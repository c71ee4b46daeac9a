// Package rollup sums up what requests used, cost and took, by the hour: in
// all, and for each provider, model, key, user, status and value of metadata.
// Graphs and groups of analytics are made of these sums.
//
// # Once
//
// Each record is counted exactly once, whatever is delivered twice, comes late
// or breaks off in between: the sums are written together with a mark for each
// record that is in them, or not at all. Money is counted in nano-dollars, so
// that sums are what the records add up to. Records older than [MaxAge] are not
// counted, since their marks may have gone.
//
// On AWS a worker counts what the table's stream delivers. A server counts what
// it stores, with a [Consumer].
//
// Marks of records are sets: the ids of a second and a shard stand in one item
// of the table, 12 bytes each and at most 1,024 of them, with more in items
// behind it. It is read, and written with the version that was read, as sums
// are. So a write counts as many records as have their sums and sets in 100
// items, and a second's worth of a busy server in one.
//
// # Keys
//
//	ROLL#<workspace>#<dimension>           <hour>#<value>  a sum
//	ROLL#<workspace>#<dimension>#values    <hour>          how many there are: see [DefaultValues]
//	ROLL#<workspace>#meta:#keys            <hour>          keys of metadata: see [DefaultKeys]
//	ROLLED#<workspace>#<hour>#<shard>      <mmss>          marks: the records of a second that are counted
//	RATED#<workspace>                      <trace>         a mark: there is feedback
//	RATED#<workspace>#<hour>               <id>            a mark: the rating is counted; with #<name>, a change of it
//	ROLLUP                                 checkpoint      of the consumer
//
// Hours are those of UTC, as in 2026013123.
package rollup
