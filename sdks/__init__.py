"""The SDKs, and what makes and tests them."""
