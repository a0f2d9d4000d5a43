"""What every SDK must do, whatever its language: scenarios, and the server that plays them."""
