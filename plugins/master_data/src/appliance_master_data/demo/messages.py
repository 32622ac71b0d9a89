"""What the office tells: news and answers."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.api import Write
from appliance_master_data.demo.goods.family import Names
from appliance_master_data.demo.plan import Plan

WELCOME = 0
"""The number of the announcement that is stored last: where it is, the company is complete."""

_NEWS: tuple[tuple[Names, Names, str, int, bool], ...] = (
    (
        ("Новая акция", "Жаңа акция", "Yangi aksiya", "Нова промоция", "New promotion"),
        (
            "С понедельника двенадцатая упаковка в подарок.",
            "Дүйсенбіден бастап он екінші қаптама сыйға.",
            "Dushanbadan boshlab oʻn ikkinchi qadoq sovgʻa.",
            "От понеделник дванадесетата опаковка е подарък.",
            "From Monday the twelfth pack is free.",
        ),
        "agent",
        20,
        True,
    ),
    (
        ("Фото полки", "Сөре суреті", "Javon surati", "Снимка на рафта", "Photo of the shelf"),
        (
            "Снимайте полку целиком, без людей.",
            "Сөрені толық, адамсыз түсіріңіз.",
            "Javonni toʻliq, odamlarsiz suratga oling.",
            "Снимайте целия рафт, без хора.",
            "Take the whole shelf, without people.",
        ),
        "merchandiser",
        60,
        False,
    ),
    (
        ("Зимние шины", "Қысқы дөңгелектер", "Qishki shinalar", "Зимни гуми", "Winter tyres"),
        (
            "Запишитесь на замену до пятницы.",
            "Жұмаға дейін ауыстыруға жазылыңыз.",
            "Jumagacha almashtirishga yoziling.",
            "Запишете се за смяна до петък.",
            "Sign up for the change by Friday.",
        ),
        "driver",
        10,
        False,
    ),
)
"""Title, text, role, days it stands, and whether it must be read."""

_ANSWERS: tuple[tuple[Names, Names], ...] = (
    (
        (
            "Откуда здесь ставки НДС?",
            "Мұндағы ҚҚС мөлшерлемелері қайдан?",
            "Bu yerdagi QQS stavkalari qayerdan?",
            "Откъде са ставките на ДДС тук?",
            "Where do the VAT rates here come from?",
        ),
        (
            "Это пример: люди, фирмы, цены и ставки придуманы. Перед работой введите свои.",
            "Бұл мысал: адамдар, фирмалар, бағалар мен мөлшерлемелер ойдан шығарылған.",
            "Bu namoyish uchun misol: odamlar, firmalar, narxlar va stavkalar oʻylab topilgan.",
            "Това е пример: хора, фирми, цени и ставки са измислени. Преди работа въведете своите.",
            "People, firms, prices and rates are made up. Enter your own before you work.",
        ),
    ),
    (
        (
            "Что делать, если нет связи?",
            "Байланыс болмаса не істеу керек?",
            "Aloqa boʻlmasa nima qilish kerak?",
            "Какво да правя без връзка?",
            "What if there is no connection?",
        ),
        (
            "Работайте дальше: заказы и фото уйдут сами, когда связь появится.",
            "Жұмысты жалғастырыңыз: байланыс болғанда тапсырыс пен сурет өзі жіберіледі.",
            "Ishlayvering: aloqa tiklanganda buyurtma va suratlar oʻzi joʻnaydi.",
            "Продължете: поръчките и снимките ще тръгнат сами, когато има връзка.",
            "Work on: orders and photos go by themselves once there is one.",
        ),
    ),
    (
        (
            "Как изменить отправленный заказ?",
            "Жіберілген тапсырысты қалай өзгертуге болады?",
            "Yuborilgan buyurtmani qanday oʻzgartirish mumkin?",
            "Как се променя изпратена поръчка?",
            "How is an order changed after it was sent?",
        ),
        (
            "Пока его не приняли, откройте и сохраните снова.",
            "Қабылданғанша ашып, қайта сақтаңыз.",
            "Qabul qilinguncha ochib, qayta saqlang.",
            "Докато не е приета, отворете я и я запишете отново.",
            "Until it is accepted, open it and save it again.",
        ),
    ),
)

_TITLE: Names = (
    "Добро пожаловать!",
    "Қош келдіңіз!",
    "Xush kelibsiz!",
    "Добре дошли!",
    "Welcome!",
)
_TEXT: Names = (
    "Это компания для примера. Ничего в ней нет на самом деле.",
    "Бұл мысалға арналған компания. Мұндағының бәрі ойдан шығарылған.",
    "Bu misol uchun kompaniya. Undagi hech narsa haqiqiy emas.",
    "Това е примерна фирма. Нищо в нея не е истинско.",
    "This is a company to try things with. Nothing in it is real.",
)


def records(plan: Plan, _unit: int) -> Iterator[Write]:
    """Yield answers, news, and at last the welcome."""
    for number, (title, text) in enumerate(_ANSWERS):
        yield plan.put("faq", number, title=plan.text(title), text=plan.text(text), sort=number + 1)
    for number, (title, text, role, days, must_read) in enumerate(_NEWS):
        yield plan.put(
            "announcements",
            WELCOME + 1 + number,
            title=plan.text(title),
            text=plan.text(text),
            role=role,
            valid_from=plan.date(-3),
            valid_to=plan.date(days),
            must_read=must_read,
        )
    yield plan.put(
        "announcements",
        WELCOME,
        title=plan.text(_TITLE),
        text=plan.text(_TEXT),
        valid_from=plan.date(0),
        must_read=True,
    )
