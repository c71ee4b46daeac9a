package dynamostore

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/core/store/driver"
)

// An Attribute is a value of an item in the JSON of a stream of the table. One
// of its members is set.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
type Attribute struct {
	S string // text
	N string // number
	B []byte // bytes; base64 in JSON
}

// An Image is an item, or only its key, in the JSON of a stream of the table.
type Image map[string]Attribute

// ErrNotInImage is the answer for data that is in an object of its own: the
// record is to be read from the table.
var ErrNotInImage = errors.New("dynamostore: the data of the record is not in the image")

// Key is the key of the record.
func (i Image) Key() (driver.Key, error) { return decodeKey(i.item()) }

// Record is the record as it was when the image was made. It may have expired
// or been replaced since.
func (i Image) Record() (driver.Record, error) {
	return decodeWith(i.item(), func(string) ([]byte, error) { return nil, ErrNotInImage })
}

func (i Image) item() map[string]types.AttributeValue {
	item := make(map[string]types.AttributeValue, len(i))
	for name, a := range i {
		switch {
		case a.B != nil:
			item[name] = &types.AttributeValueMemberB{Value: a.B}
		case a.N != "":
			item[name] = &types.AttributeValueMemberN{Value: a.N}
		default:
			item[name] = text(a.S)
		}
	}
	return item
}
