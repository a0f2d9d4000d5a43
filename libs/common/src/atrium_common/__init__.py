"""What every Atrium service needs and no service owns."""
