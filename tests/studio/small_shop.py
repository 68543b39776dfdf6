"""A small shop's files: one of everything that names an intent."""

from __future__ import annotations

FILES = {
    "config.yml": "recipe: default.v1\nlanguage: zh\npipeline: []\npolicies: []\n",
    "domain.yml": """version: "3.1"

# The vocabulary.
intents:
  # sizes
  - ask_size: {use_entities: []}
  - ask_fit: {use_entities: []} # how it sits
  # parcels
  - track_parcel
  - affirm: {use_entities: []}

slots:
  option:
    type: text
    mappings:
      - type: from_intent
        intent: affirm
        not_intent: [ask_size, ask_fit]
        value: yes_please

forms:
  size_form:
    required_slots: [option]
    ignored_intents: [ask_fit, affirm]

actions:
  - action_advise_size
  - action_tell_fit
  - action_track
""",
    "data/nlu/sizing.yml": """version: "3.1"

# Sizes.
nlu:
  # What people ask most.
  - intent: ask_size
    examples: |
      - 我穿什么码
      - 该拍几码
      - 内衣穿多大
      - 文胸怎么选码

  - intent: ask_fit
    metadata: {topic: body}
    examples: |
      - 胖人能穿吗
      - 穿着显胖吗

  - intent: ask_fit
    metadata: {topic: loose}
    examples: |
      - 是宽松的吗

  - synonym: 加大码
    examples: |
      - 特大码
""",
    "data/nlu/parcels.yml": """version: "3.1"
nlu:
  - intent: track_parcel
    examples: |
      - 到哪了
      - 我的快递呢
  - intent: affirm
    examples: |
      - 好的
""",
    "data/rules/sizing.yml": """version: "3.1"

rules:
  - rule: advise a size
    steps:
      - intent: ask_size
      - action: action_advise_size

  - rule: tell the fit
    steps:
      - or:
          - intent: ask_fit
          - intent: affirm
      - action: action_tell_fit
""",
    "data/stories/sizing.yml": """version: "3.1"

stories:
  - story: size and then the parcel
    steps:
      - intent: ask_size
        entities:
          - size
      - action: action_advise_size
      - intent: track_parcel
      - action: action_track
""",
    "data/responses/sizing.yml": """version: "3.1"

responses:
  utter_size:
    - text: 要看尺码吗？
      buttons:
        - title: 看尺码
          payload: '/ask_size{"option": "chart"}'
        - title: 合身吗
          payload: /ask_fit
""",
    "data/wishes.yml": """version: "3.1"

wishes:
  size_wanted:
    intent: ask_size
    flow: null
    where: chat
  fit_wanted:
    intent: ask_fit
    topic: body
    flow: null
    where: chat
""",
    "policy/intent_names.yml": "尺码:\n  ask_size: 问尺码\n  ask_fit: 问合身\n物流:\n  track_parcel: 查物流\n  affirm: 肯定\n",
    "tests/nlu/coarse_labels.yml": """version: 1

intents:
  ask_size: {strict: [ask_size], lenient: []}
  ask_fit: {strict: [ask_size], lenient: [ask_product]}
  track_parcel: {strict: [track_order], lenient: []}
  affirm: {strict: [affirm], lenient: []}
""",
    "tests/nlu/test_sizing.yml": """version: "3.1"

nlu:
  - intent: ask_size
    examples: |
      - 胸围八十五穿几号
      - 一米七穿什么码合适

  - intent: ask_fit
    metadata: {topic: body}
    examples: |
      - 小个子能驾驭吗
""",
    "tests/stories/test_sizing.yml": """version: "3.1"

stories:
  - story: a shopper asks for a size
    steps:
      - user: |
          穿什么码
        intent: ask_size
      - action: action_advise_size
""",
}
