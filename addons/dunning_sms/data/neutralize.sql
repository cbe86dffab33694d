-- A copy of a database must not text or mail the customers of the original.
UPDATE dunning_gateway
   SET url = 'http://localhost:9/neutralized', status_url = NULL, token = 'dummy', password = 'dummy',
       report_secret = NULL, report_secret_old = NULL, active = false;
UPDATE res_company SET dunning_is_active = false, dunning_gateway_id = NULL;
UPDATE dunning_delivery SET state = 'cancelled', failure_reason = 'neutralized' WHERE state IN ('queued', 'sending');
