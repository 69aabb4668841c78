package config

import _ "embed"

// Schema is the document's JSON Schema (draft 2020-12).
//
//go:embed schema.json
var Schema []byte
