"""The compose file, the configuration and the lock files say what they promise."""

import configparser
import re

import pytest
import yaml

from tools import modules
from tools.odoo_source import VERSION
from tools.paths import CONFIG, ROOT

LOCKS = sorted(ROOT.glob('requirements*.lock'))


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((ROOT / 'docker-compose.yml').read_text())


@pytest.fixture
def odoo_options() -> dict:
    parser = configparser.ConfigParser()
    parser.read(CONFIG)
    return dict(parser['options'])


def test_the_image_is_the_official_odoo_of_our_series(compose):
    assert compose['services']['odoo']['build']['dockerfile_inline'].startswith(f'FROM odoo:{VERSION}\n')
    assert compose['services']['database']['image'].startswith('postgres:')


def test_the_container_reads_our_addons_and_configuration(compose, odoo_options):
    service = compose['services']['odoo']
    mounts = dict(volume.split(':')[:2] for volume in service['volumes'])
    assert mounts[f'./{odoo_options["addons_path"]}'] == f'{service["working_dir"]}/{odoo_options["addons_path"]}'
    assert mounts['./odoo.conf'] == service['environment']['ODOO_RC']


def test_the_container_installs_every_addon(compose):
    command = compose['services']['odoo']['command']
    assert sorted(command[command.index('--init') + 1].split(',')) == modules.installable()


def test_the_container_gets_the_python_packages_of_the_addons(compose):
    named = {name for module in modules.installable() for name in _python_packages(module)}
    recipe = compose['services']['odoo']['build']['dockerfile_inline']
    installed = re.search(r'\^\(([\w|]+)\)==', recipe)[1].split('|')
    assert named <= set(installed)
    assert set(installed) <= set(re.findall(r'^(\w+)==', (ROOT / 'requirements.lock').read_text(), re.MULTILINE))


def _python_packages(module: str) -> list[str]:
    return modules.manifest(module).get('external_dependencies', {}).get('python', [])


def test_the_container_opens_only_the_loopback_port(compose):
    assert all(port.startswith('127.0.0.1:') for port in compose['services']['odoo']['ports'])
    assert 'ports' not in compose['services']['database']


def test_neither_file_holds_a_secret(compose, odoo_options):
    for service in compose['services'].values():
        secrets = [name for name in service['environment'] if 'PASSWORD' in name]
        assert all(name.endswith('_FILE') for name in secrets)
    assert not {'admin_passwd', 'db_password', 'db_host', 'db_user'} & set(odoo_options)


def test_the_server_is_closed_by_default(odoo_options):
    assert odoo_options['http_interface'] == '127.0.0.1'
    assert odoo_options['list_db'] == 'False'
    assert odoo_options['proxy_mode'] == 'False'


@pytest.mark.parametrize('lock', LOCKS, ids=lambda path: path.name)
def test_lock_files_pin_every_package_and_name_no_index(lock):
    lines = [line for line in lock.read_text().splitlines() if line and not line.lstrip().startswith('#')]
    assert lines
    assert all(re.match(r'[a-z0-9][\w.-]*==\S+', line) for line in lines)
    assert '://' not in lock.read_text()
