package configs

import _ "embed" // for the files below

// Example is the commented configuration that init starts from.
//
//go:embed countermand.example.yaml
var Example []byte

// Unit is the systemd service.
//
//go:embed systemd/countermand.service
var Unit []byte
