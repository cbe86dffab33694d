-- A copy of the database talks to nobody: neither webhooks nor addresses of jobs.
UPDATE exchange_webhook_endpoint SET active = FALSE, url = 'https://neutralized.invalid', secret = 'neutralized', previous_secret = NULL;
UPDATE exchange_job SET active = FALSE, token = NULL, url = CASE WHEN url IS NULL THEN NULL ELSE 'https://neutralized.invalid' END;
