"""The statements by which the database notes what happens to invoices and payments."""

EMIT = """
CREATE OR REPLACE FUNCTION exchange_emit(of_company integer, happened text, of_model text, of_id integer, told jsonb)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    made integer;
    moment timestamp := date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC');
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM exchange_webhook_endpoint
         WHERE active AND company_id = of_company
           AND happened LIKE ANY (string_to_array(replace(event_filter, '*', '%'), ','))
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO exchange_event (event_id, event_type, company_id, model, res_id, occurred_on, data)
    VALUES (gen_random_uuid()::text, happened, of_company, of_model, of_id, moment, told)
    RETURNING id INTO made;
    INSERT INTO exchange_delivery (event_id, endpoint_id, state, attempt, next_try_on)
    SELECT made, id, 'waiting', 0, moment FROM exchange_webhook_endpoint
     WHERE active AND company_id = of_company
       AND happened LIKE ANY (string_to_array(replace(event_filter, '*', '%'), ','));
    RETURN made;
END $$
"""
"""Notes an event and who is to be told, if anybody asked for it."""

WATCH = """
CREATE OR REPLACE FUNCTION exchange_watch_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noun text := CASE NEW.move_type WHEN 'out_refund' THEN 'credit_note' ELSE 'invoice' END;
    before text := CASE TG_OP WHEN 'INSERT' THEN 'draft' ELSE OLD.state END;
    owed text := CASE TG_OP WHEN 'INSERT' THEN 'not_paid' ELSE coalesce(OLD.payment_state, 'not_paid') END;
    owes text := coalesce(NEW.payment_state, 'not_paid');
BEGIN
    IF NEW.state = 'posted' AND before <> 'posted' THEN
        PERFORM exchange_emit(NEW.company_id, noun || '.posted', 'account.move', NEW.id, NULL);
    ELSIF NEW.state = 'cancel' AND before <> 'cancel' THEN
        PERFORM exchange_emit(NEW.company_id, noun || '.cancelled', 'account.move', NEW.id, NULL);
    ELSIF NEW.state = 'draft' AND before = 'posted' THEN
        PERFORM exchange_emit(NEW.company_id, noun || '.reset', 'account.move', NEW.id, NULL);
    END IF;
    IF NEW.state = 'posted' AND owes <> owed THEN
        IF owes IN ('paid', 'in_payment') AND owed NOT IN ('paid', 'in_payment') THEN
            PERFORM exchange_emit(NEW.company_id, noun || '.paid', 'account.move', NEW.id, NULL);
        ELSIF owes = 'reversed' THEN
            PERFORM exchange_emit(NEW.company_id, noun || '.reversed', 'account.move', NEW.id, NULL);
        ELSIF owes = 'partial' THEN
            PERFORM exchange_emit(NEW.company_id, noun || '.partly_paid', 'account.move', NEW.id, NULL);
        ELSIF owes = 'not_paid' AND before = 'posted' THEN
            PERFORM exchange_emit(NEW.company_id, noun || '.reopened', 'account.move', NEW.id, NULL);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION exchange_watch_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before text := CASE TG_OP WHEN 'INSERT' THEN 'draft' ELSE coalesce(OLD.state, 'draft') END;
BEGIN
    IF NEW.state IN ('in_process', 'paid') AND before NOT IN ('in_process', 'paid') THEN
        PERFORM exchange_emit(NEW.company_id, 'payment.registered', 'account.payment', NEW.id, NULL);
    ELSIF NEW.state IN ('canceled', 'rejected') AND before NOT IN ('canceled', 'rejected') THEN
        PERFORM exchange_emit(NEW.company_id, 'payment.cancelled', 'account.payment', NEW.id, NULL);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER exchange_move_made AFTER INSERT ON account_move FOR EACH ROW
    WHEN (NEW.move_type IN ('out_invoice', 'out_refund', 'out_receipt') AND NEW.state = 'posted')
    EXECUTE FUNCTION exchange_watch_move();
CREATE OR REPLACE TRIGGER exchange_move_changed AFTER UPDATE OF state, payment_state ON account_move FOR EACH ROW
    WHEN (NEW.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
          AND (OLD.state IS DISTINCT FROM NEW.state OR OLD.payment_state IS DISTINCT FROM NEW.payment_state))
    EXECUTE FUNCTION exchange_watch_move();
CREATE OR REPLACE TRIGGER exchange_payment_made AFTER INSERT ON account_payment FOR EACH ROW
    WHEN (NEW.state IN ('in_process', 'paid')) EXECUTE FUNCTION exchange_watch_payment();
CREATE OR REPLACE TRIGGER exchange_payment_changed AFTER UPDATE OF state ON account_payment FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION exchange_watch_payment();
"""
"""Watches the states of customers' invoices and of payments."""

WATCH_STATE = """
CREATE OR REPLACE FUNCTION exchange_watch_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM exchange_emit(NEW.company_id, TG_ARGV[0] || '.' || NEW.state, TG_ARGV[1], NEW.id, NULL);
    RETURN NULL;
END $$
"""
"""Tells the state of any record: `noun.state`."""

DROP = """
DROP FUNCTION IF EXISTS exchange_watch_state() CASCADE;
DROP TRIGGER IF EXISTS exchange_move_made ON account_move;
DROP TRIGGER IF EXISTS exchange_move_changed ON account_move;
DROP TRIGGER IF EXISTS exchange_payment_made ON account_payment;
DROP TRIGGER IF EXISTS exchange_payment_changed ON account_payment;
DROP FUNCTION IF EXISTS exchange_watch_move();
DROP FUNCTION IF EXISTS exchange_watch_payment();
DROP FUNCTION IF EXISTS exchange_emit(integer, text, text, integer, jsonb);
"""
