module login

go 1.25
