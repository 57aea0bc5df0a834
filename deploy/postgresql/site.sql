-- PostgreSQL runs this once, in an empty volume. The site owns its database, but is no superuser.
\getenv password POSTGRES_PASSWORD
CREATE ROLE site LOGIN PASSWORD :'password';
CREATE DATABASE site OWNER site;
-- The superuser can only connect inside of the container.
ALTER ROLE postgres PASSWORD NULL;
