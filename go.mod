module sluice

go 1.26.0

require (
	github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream v1.7.26
	github.com/go-json-experiment/json v1.27.2
	golang.org/x/tools v0.52.0
)

require github.com/aws/smithy-go v1.28.8 // indirect
