package restauth

// The only values of two members, by the names they had before contract 1.2.0.
const (
	// TokenTypeBearer is TokenTokenTypeBearer.
	TokenTypeBearer = TokenTokenTypeBearer
	// HealthOk is HealthStatusOk.
	HealthOk = HealthStatusOk
)
