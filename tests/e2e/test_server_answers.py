"""The server lets people and programs in."""

import requests

from tests.e2e.processes import psql, run_script


def test_the_login_page_answers(server):
    page = requests.get(f'{server.url}/web/login', timeout=60)
    assert page.status_code == 200
    assert 'name="password"' in page.text


def test_the_list_of_databases_is_closed(server):
    page = requests.get(f'{server.url}/web/database/manager', timeout=60)
    assert 'disabled by the administrator' in page.text


def test_json2_lets_a_key_in(json2):
    assert json2.call('res.users', 'search_read', domain=[['login', '=', 'admin']], fields=['login'])


def test_json2_refuses_a_wrong_key(json2):
    wrong = type(json2)(json2.url, json2.database, 'wrong')
    assert wrong.post('res.users', 'search_count', domain=[]).status_code == 401


def test_xmlrpc_lets_a_password_in(xmlrpc):
    assert xmlrpc.call('res.users', 'search_count', [['login', '=', 'admin']]) == 1


def test_a_script_sees_what_a_query_sees(database):
    printed = run_script(
        database, "print(env['res.partner'].with_context(active_test=False).search_count([]))"
    )
    assert int(printed) == psql(database, 'SELECT count(*) FROM res_partner')[0][0]
