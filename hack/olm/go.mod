// What holds the OLM bundle against OLM's rules: `python -m shopx_tools.olm`.
module localhost/shopx/olm

go 1.25

tool (
	github.com/operator-framework/api/cmd/operator-verify
	github.com/operator-framework/operator-registry/cmd/opm
)

require (
	github.com/operator-framework/api v0.34.0
	github.com/operator-framework/operator-registry v1.57.0
)
