{
    'name': "Reminders and Collection",
    'summary': "Reminders by e-mail, SMS and letter that reach people in time, and stop when they should",
    'version': '19.0.1.0.0',
    'category': 'Accounting/Accounting',
    'license': 'LGPL-3',
    'author': "Service Contracts contributors",
    'depends': [
        'account_payment',
        'sms',
        'phone_validation',
        'portal',
    ],
    'external_dependencies': {
        'python': [
            'phonenumbers',
            'requests',
            'xlsxwriter',
        ],
    },
    'data': [
        'security/dunning_groups.xml',
        'security/ir.model.access.csv',
        'security/dunning_rules.xml',
        'views/dunning_menus.xml',
    ],
    'demo': [
    ],
    'application': True,
    'installable': True,
}
