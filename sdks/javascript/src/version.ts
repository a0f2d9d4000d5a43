/** The version, as packaging and the user agent tell it. */
export const VERSION = "0.1.0";
