-- The language in which a person uses the app, and gets mails.
ALTER TABLE users ADD COLUMN language text CHECK (language IN ('en', 'de'));
