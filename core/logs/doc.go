// Package logs keeps a log of every request: it is a [usage.Sink] that stores
// records in a table, and reads them again, one by one, page by page, as they
// come in, and as an export.
//
// # What is written when
//
// The path of a request writes its record, once ([Store.Write]), and in front
// of it the bodies, if they are kept. Everything else is made of the record
// later, by whoever consumes records ([Store.Index]): the entries by which it
// is found and the feed of the live log. So a record can be read by its id and
// in a list by time at once, and is found by its fields when it is indexed.
//
// # Keys
//
//	LOG#<workspace>#<day>#<shard>              <id>   the record; shard is 0 to 3
//	LOGBODY#<workspace>#<day>                  <id>   its bodies
//	LOGX#<workspace>#<field>=<value>#<day>     <id>   an [Entry]
//	LOGX#<workspace>#done#<day>                <end>-<id>   an Entry, in the order in which requests ended
//	LOGEXPORT#<workspace>                      <id>   an [Export]
//	FEEDBACK#<workspace>                       <id>   a [Feedback]
//	FEEDBACK#<workspace>#<trace>               <id>   the same
//	LOGWORKSPACE                               <workspace>
//
// Ids are those of [usage.NewID]: the day of an id is in the id, and ids are in
// the order of time. Everything expires with the record.
package logs
