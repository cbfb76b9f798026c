module github.com/restauth/restauth/contract/foreign

go 1.26.0

replace github.com/restauth/restauth/clients/go => ../../clients/go

require (
	github.com/google/go-cmp v0.7.0
	github.com/restauth/restauth/clients/go v0.0.0-00010101000000-000000000000
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
)
