// What the environment says. A missing or unusable value ends the start with a sentence that names it.

/** All of it, read once: `settings.accessTtl`. */
export const settings = {
  secret: secret("JWT_SECRET"),
  issuer: required("JWT_ISSUER"),
  audience: required("JWT_AUDIENCE"),
  accessTtl: count("ACCESS_TTL_SECONDS", "900"),
  refreshTtl: count("REFRESH_TTL_SECONDS", "1209600"),
  resetTtl: count("RESET_TTL_SECONDS", "3600"),
  loginMaxAttempts: count("LOGIN_MAX_ATTEMPTS", "10"),
  loginWindow: count("LOGIN_WINDOW_SECONDS", "60"),
  adminEmail: required("ADMIN_EMAIL"),
  adminPassword: required("ADMIN_PASSWORD"),
  smtp: mailServer("SMTP_URL"),
  corsOrigin: required("CORS_ORIGIN"),
};

function required(name) {
  return process.env[name] || refuse(`${name} is not set`);
}

function secret(name) {
  const bytes = Buffer.from(required(name));
  return bytes.length >= 32 ? bytes : refuse(`${name} must have 32 bytes or more: try \`openssl rand -base64 32\``);
}

function count(name, usual) {
  const text = process.env[name] ?? usual;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : refuse(`${name} must be a whole number, 1 or more`);
}

function mailServer(name) {
  const text = required(name);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "smtp:" || !url.hostname) refuse(`${name} must be a URL such as smtp://localhost:1025`);
  return { host: url.hostname, port: Number(url.port || 25) };
}

function refuse(why) {
  console.error(why);
  process.exit(1);
}
