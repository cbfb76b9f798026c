package flaskjwt

// Tokens made with other tools, to hold the ones minted here against.
const (
	validToken = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDAzMDAsImlhdCI6MTcwMDAwMDAwMCwiaWRlbnRpdHkiOjEsIm5iZiI6MTcwMDAwMDAwMH0.3bdb87eMiZWml1NXRlbPT5yGUvffcPUC8OdXbZfppDc"
	hs512Token = "eyJhbGciOiJIUzUxMiJ9.eyJhIjoxfQ.p2dO7RRy0Dz1cM860maEoRh6xlisrDcF8HDKd4OhvOwv4UHsaC31tzkTHHGPLhOwxonnVWpRNnj4VPPKJEf8Og"
)
