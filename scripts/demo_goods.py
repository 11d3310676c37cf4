"""The demo store's goods, as scripts/make_demo_book.py writes them into its book. Brands are invented.

EACH: (category, tax rate in percent, lines `name|price in fen|brand|pack|English name|tag|tag...`); the tag `age18`
becomes the column `age`. WEIGHED: the same with lines `sku|name|price a kg in fen|English name|tag...`. SPECIAL: whole
rows.
"""

from __future__ import annotations

EACH: list[tuple[str, str, str]] = [
    (
        "20/2001/200101",
        "13",
        """
清泉饮用天然水 550ml|200|清泉|550ml|Natural drinking water 550 ml
清泉饮用天然水 1.5L|350|清泉|1.5L|Natural drinking water 1.5 l
清泉饮用天然水 5L|990|清泉|5L|Natural drinking water 5 l
雪岭矿泉水 500ml|300|雪岭|500ml|Mineral water 500 ml
雪岭矿泉水 12瓶装|3200|雪岭|500ml×12|Mineral water, 12 bottles|multipack
雪岭苏打水饮料 410ml|450|雪岭|410ml|Soda water 410 ml
北岸气泡水 白桃味 480ml|500|北岸|480ml|Sparkling water, white peach|new
北岸气泡水 青柠味 480ml|500|北岸|480ml|Sparkling water, lime|new
北岸气泡水 葡萄味 480ml|500|北岸|480ml|Sparkling water, grape|new
""",
    ),
    (
        "20/2001/200102",
        "13",
        """
橙光橙味汽水 330ml|250|橙光|330ml|Orange soda 330 ml
橙光荔枝味汽水 330ml|250|橙光|330ml|Lychee soda 330 ml
橙光橙味汽水 2L|650|橙光|2L|Orange soda 2 l
黑焰可乐 330ml|250|黑焰|330ml|Cola 330 ml
黑焰可乐 500ml|330|黑焰|500ml|Cola 500 ml
黑焰可乐 2L|720|黑焰|2L|Cola 2 l
黑焰无糖可乐 330ml|260|黑焰|330ml|Cola, no sugar 330 ml
黑焰无糖可乐 500ml|350|黑焰|500ml|Cola, no sugar 500 ml
黑焰可乐 6罐装|1380|黑焰|330ml×6|Cola, 6 cans|multipack
盐汽水 600ml|300|橙光|600ml|Salted soda 600 ml
""",
    ),
    (
        "20/2001/200103",
        "13",
        """
茶山冰红茶 500ml|300|茶山|500ml|Iced black tea 500 ml
茶山绿茶 500ml|300|茶山|500ml|Green tea drink 500 ml
茶山茉莉花茶 500ml|350|茶山|500ml|Jasmine tea drink 500 ml
茶山无糖乌龙茶 500ml|450|茶山|500ml|Oolong tea, no sugar 500 ml
茶山无糖普洱茶 500ml|450|茶山|500ml|Pu'er tea, no sugar 500 ml
茶山冰红茶 1L|480|茶山|1L|Iced black tea 1 l
甘草凉茶 310ml|350|本草坊|310ml|Herbal tea 310 ml
甘草凉茶 6罐装|1980|本草坊|310ml×6|Herbal tea, 6 cans|multipack
果园鲜橙汁饮料 450ml|380|果园|450ml|Orange juice drink 450 ml
果园100%苹果汁 1L|1280|果园|1L|Apple juice 1 l
果园100%橙汁 1L|1380|果园|1L|Orange juice 1 l
果园蜜桃汁饮料 1.25L|690|果园|1.25L|Peach juice drink 1.25 l
椰林椰汁 245ml|450|椰林|245ml|Coconut milk drink 245 ml
椰林椰汁 1.25L|1450|椰林|1.25L|Coconut milk drink 1.25 l
电速运动饮料 500ml|450|电速|500ml|Sports drink 500 ml
电速电解质水 900ml|650|电速|900ml|Electrolyte water 900 ml
晨醒拿铁咖啡 268ml|650|晨醒|268ml|Caffe latte 268 ml
晨醒黑咖啡 268ml|650|晨醒|268ml|Black coffee 268 ml
晨醒速溶咖啡 30条|3990|晨醒|15g×30|Instant coffee, 30 sticks
能量饮料 250ml|600|电速|250ml|Energy drink 250 ml
""",
    ),
    (
        "20/2002/200201",
        "13",
        """
牧野纯牛奶 250ml|320|牧野|250ml|Milk 250 ml
牧野纯牛奶 1L|1180|牧野|1L|Milk 1 l
牧野纯牛奶 250ml×12|3680|牧野|250ml×12|Milk, case of 12|multipack
牧野脱脂纯牛奶 1L|1280|牧野|1L|Skimmed milk 1 l
牧野鲜牛奶 950ml|1690|牧野|950ml|Fresh milk 950 ml|chilled
牧野高钙牛奶 250ml×12|4480|牧野|250ml×12|High calcium milk, case of 12|multipack
草原风味酸牛奶 原味 200g|450|草原|200g|Yoghurt, plain 200 g|chilled
草原风味酸牛奶 草莓味 200g|450|草原|200g|Yoghurt, strawberry 200 g|chilled
草原风味酸牛奶 黄桃味 200g|450|草原|200g|Yoghurt, peach 200 g|chilled
草原浓缩酸奶 135g×3|1590|草原|135g×3|Thick yoghurt, 3 cups|chilled
草原常温酸奶 200g×10|4290|草原|200g×10|Long-life yoghurt, case of 10|multipack
活力乳酸菌饮品 100ml×5|1250|活力|100ml×5|Lactic drink, 5 bottles|chilled
豆香原味豆奶 250ml|280|豆香|250ml|Soya milk 250 ml
豆香黑豆奶 250ml|300|豆香|250ml|Black soya milk 250 ml
牧野儿童奶酪棒 100g|1690|牧野|100g|Cheese sticks 100 g|chilled
牧野淡味黄油 200g|2580|牧野|200g|Butter 200 g|chilled
""",
    ),
    (
        "20/2003/200301",
        "13",
        """
江城啤酒 330ml 罐装|350|江城|330ml|Beer, can 330 ml|age18
江城啤酒 500ml 罐装|480|江城|500ml|Beer, can 500 ml|age18
江城啤酒 330ml×24|6990|江城|330ml×24|Beer, case of 24|multipack|age18
江城纯生啤酒 500ml|650|江城|500ml|Draught beer 500 ml|age18
麦堡小麦白啤 500ml|890|麦堡|500ml|Wheat beer 500 ml|age18
麦堡黑啤 500ml|950|麦堡|500ml|Dark beer 500 ml|age18
老窖坊白酒 52度 500ml|6800|老窖坊|500ml|Baijiu 52 % 500 ml|age18
老窖坊白酒 42度 500ml|4800|老窖坊|500ml|Baijiu 42 % 500 ml|age18
老窖坊小酒 45度 100ml|1500|老窖坊|100ml|Baijiu 45 % 100 ml|age18
糯香黄酒 500ml|1280|糯香|500ml|Yellow rice wine 500 ml|age18
葡岭干红葡萄酒 750ml|5900|葡岭|750ml|Dry red wine 750 ml|age18
葡岭干白葡萄酒 750ml|5900|葡岭|750ml|Dry white wine 750 ml|age18
梅香青梅酒 350ml|2980|糯香|350ml|Plum wine 350 ml|age18
""",
    ),
    (
        "10/1001/100101",
        "9",
        """
稻田东北大米 5kg|3290|稻田|5kg|North-east rice 5 kg
稻田东北大米 10kg|6190|稻田|10kg|North-east rice 10 kg
稻田长粒香米 5kg|3990|稻田|5kg|Long grain rice 5 kg
稻田有机小米 1kg|1880|稻田|1kg|Organic millet 1 kg
稻田黑米 1kg|1480|稻田|1kg|Black rice 1 kg
稻田糯米 1kg|1180|稻田|1kg|Glutinous rice 1 kg
麦香高筋面粉 2.5kg|1690|麦香|2.5kg|Strong flour 2.5 kg
麦香饺子粉 2.5kg|1590|麦香|2.5kg|Dumpling flour 2.5 kg
麦香挂面 1kg|890|麦香|1kg|Dried noodles 1 kg
麦香鸡蛋挂面 800g|990|麦香|800g|Egg noodles 800 g
麦香荞麦面 500g|1080|麦香|500g|Buckwheat noodles 500 g
田园红豆 500g|890|田园|500g|Red beans 500 g
田园绿豆 500g|850|田园|500g|Mung beans 500 g
田园黄豆 500g|650|田园|500g|Soya beans 500 g
田园燕麦片 1kg|1990|田园|1kg|Rolled oats 1 kg
""",
    ),
    (
        "10/1001/100102",
        "9",
        """
金穗花生油 5L|12990|金穗|5L|Peanut oil 5 l
金穗花生油 1.8L|5490|金穗|1.8L|Peanut oil 1.8 l
金穗大豆油 5L|6290|金穗|5L|Soya oil 5 l
金穗葵花籽油 5L|7990|金穗|5L|Sunflower oil 5 l
金穗玉米油 5L|7690|金穗|5L|Corn oil 5 l
金穗菜籽油 5L|7290|金穗|5L|Rapeseed oil 5 l
橄园特级初榨橄榄油 500ml|5980|橄园|500ml|Olive oil 500 ml
香磨芝麻油 250ml|1690|香磨|250ml|Sesame oil 250 ml
""",
    ),
    (
        "10/1001/100103",
        "13",
        """
味源酿造酱油 500ml|980|味源|500ml|Soy sauce 500 ml
味源酿造酱油 1.28L|1690|味源|1.28L|Soy sauce 1.28 l
味源老抽 500ml|890|味源|500ml|Dark soy sauce 500 ml
味源蚝油 520g|1090|味源|520g|Oyster sauce 520 g
味源香醋 500ml|690|味源|500ml|Vinegar 500 ml
味源陈醋 800ml|990|味源|800ml|Mature vinegar 800 ml
味源料酒 500ml|590|味源|500ml|Cooking wine 500 ml
味源黄豆酱 800g|1190|味源|800g|Soya bean paste 800 g
味源甜面酱 300g|650|味源|300g|Sweet flour paste 300 g
川味郫县豆瓣 500g|1280|川味|500g|Broad bean chilli paste 500 g
川味火锅底料 200g|1390|川味|200g|Hot pot base 200 g
川味香辣酱 280g|1190|川味|280g|Chilli sauce 280 g
川味泡椒 450g|990|川味|450g|Pickled chillies 450 g
味源番茄沙司 320g|890|味源|320g|Tomato ketchup 320 g
味源沙拉酱 200g|990|味源|200g|Salad cream 200 g
海晶加碘食盐 400g|250|海晶|400g|Iodised salt 400 g
海晶低钠盐 400g|450|海晶|400g|Low sodium salt 400 g
甜源白砂糖 1kg|990|甜源|1kg|White sugar 1 kg
甜源冰糖 500g|790|甜源|500g|Rock sugar 500 g
甜源红糖 350g|990|甜源|350g|Brown sugar 350 g
味源鸡精 200g|1090|味源|200g|Chicken stock powder 200 g
味源味精 200g|590|味源|200g|Monosodium glutamate 200 g
香磨花椒 50g|990|香磨|50g|Sichuan pepper 50 g
香磨八角 50g|890|香磨|50g|Star anise 50 g
香磨白胡椒粉 30g|690|香磨|30g|White pepper 30 g
蜂谷百花蜜 500g|2990|蜂谷|500g|Honey 500 g
""",
    ),
    (
        "10/1002/100201",
        "13",
        """
面馆红烧牛肉面 105g|450|面馆|105g|Instant noodles, beef 105 g
面馆红烧牛肉面 5连包|1290|面馆|105g×5|Instant noodles, beef, 5 packs|multipack
面馆老坛酸菜面 5连包|1290|面馆|105g×5|Instant noodles, pickled cabbage, 5 packs|multipack
面馆香菇鸡汤面 5连包|1290|面馆|100g×5|Instant noodles, chicken, 5 packs|multipack
面馆桶装牛肉面 120g|500|面馆|120g|Cup noodles, beef 120 g
面馆桶装海鲜面 120g|500|面馆|120g|Cup noodles, seafood 120 g
面馆桶装酸辣粉 130g|650|面馆|130g|Hot and sour vermicelli 130 g
面馆螺蛳粉 300g|1190|面馆|300g|River snail rice noodles 300 g
好灶自热米饭 牛肉 420g|1690|好灶|420g|Self-heating rice, beef 420 g
好灶自热火锅 390g|2290|好灶|390g|Self-heating hot pot 390 g
好灶午餐肉罐头 340g|1990|好灶|340g|Luncheon meat 340 g
好灶豆豉鲮鱼罐头 227g|1890|好灶|227g|Dace with black beans 227 g
好灶八宝粥 360g|450|好灶|360g|Eight treasure porridge 360 g
好灶银耳莲子粥 360g|480|好灶|360g|White fungus porridge 360 g
好灶黄桃罐头 425g|990|好灶|425g|Tinned peaches 425 g
好灶涪香榨菜 70g|200|好灶|70g|Pickled mustard 70 g
好灶涪香榨菜 10袋|1690|好灶|70g×10|Pickled mustard, 10 bags|multipack
""",
    ),
    (
        "10/1002/100202",
        "13",
        """
脆田薯片 原味 75g|690|脆田|75g|Crisps, salted 75 g
脆田薯片 番茄味 75g|690|脆田|75g|Crisps, tomato 75 g
脆田薯片 黄瓜味 75g|690|脆田|75g|Crisps, cucumber 75 g
脆田薯片 烧烤味 75g|690|脆田|75g|Crisps, barbecue 75 g
脆田罐装薯片 110g|1190|脆田|110g|Crisps, tube 110 g
脆田虾条 80g|550|脆田|80g|Prawn sticks 80 g
脆田妙脆角 65g|590|脆田|65g|Corn cones 65 g
脆田锅巴 100g|490|脆田|100g|Rice crackers 100 g
果仁坊原味瓜子 160g|690|果仁坊|160g|Sunflower seeds 160 g
果仁坊焦糖瓜子 160g|720|果仁坊|160g|Sunflower seeds, caramel 160 g
果仁坊多味花生 200g|790|果仁坊|200g|Flavoured peanuts 200 g
果仁坊每日坚果 25g×7|3990|果仁坊|25g×7|Mixed nuts, 7 bags
果仁坊腰果 200g|3490|果仁坊|200g|Cashews 200 g
果仁坊开心果 200g|3990|果仁坊|200g|Pistachios 200 g
果仁坊夏威夷果 200g|3590|果仁坊|200g|Macadamias 200 g
红枣庄若羌灰枣 500g|1990|红枣庄|500g|Jujubes 500 g
红枣庄葡萄干 250g|1290|红枣庄|250g|Raisins 250 g
红枣庄芒果干 108g|1190|红枣庄|108g|Dried mango 108 g
红枣庄山楂片 150g|590|红枣庄|150g|Hawthorn slices 150 g
红枣庄话梅 80g|690|红枣庄|80g|Dried plums 80 g
山里牛肉干 100g|2990|山里|100g|Beef jerky 100 g
山里猪肉脯 150g|2290|山里|150g|Pork jerky 150 g
山里泡椒凤爪 180g|1190|山里|180g|Pickled chicken feet 180 g
山里卤鸭脖 150g|1490|山里|150g|Spiced duck neck 150 g
山里豆腐干 100g|490|山里|100g|Dried tofu 100 g
海湾烤海苔 20g|890|海湾|20g|Roasted seaweed 20 g
海湾鳕鱼肠 100g|990|海湾|100g|Cod sausage 100 g
海湾鱿鱼丝 80g|1590|海湾|80g|Shredded squid 80 g
山里火腿肠 10支|1390|山里|30g×10|Ham sausage, 10 pieces|multipack
山里玉米热狗肠 40g|250|山里|40g|Corn sausage 40 g
""",
    ),
    (
        "10/1002/100203",
        "13",
        """
麦趣苏打饼干 400g|990|麦趣|400g|Soda biscuits 400 g
麦趣夹心饼干 巧克力 97g|590|麦趣|97g|Sandwich biscuits, chocolate 97 g
麦趣夹心饼干 香草 97g|590|麦趣|97g|Sandwich biscuits, vanilla 97 g
麦趣消化饼干 300g|1090|麦趣|300g|Digestive biscuits 300 g
麦趣威化饼干 150g|690|麦趣|150g|Wafers 150 g
麦趣蛋卷 200g|1590|麦趣|200g|Egg rolls 200 g
麦趣手指饼干 60g|390|麦趣|60g|Biscuit sticks 60 g
麦趣曲奇 罐装 368g|3990|麦趣|368g|Butter cookies, tin 368 g
可可谷牛奶巧克力 80g|1290|可可谷|80g|Milk chocolate 80 g
可可谷黑巧克力 80g|1390|可可谷|80g|Dark chocolate 80 g
可可谷榛仁巧克力 12粒|2990|可可谷|150g|Hazelnut chocolates, 12 pieces
糖果屋水果硬糖 100g|590|糖果屋|100g|Fruit drops 100 g
糖果屋牛奶糖 227g|1490|糖果屋|227g|Milk toffees 227 g
糖果屋薄荷糖 40g|690|糖果屋|40g|Peppermints 40 g
糖果屋口香糖 40粒|990|糖果屋|56g|Chewing gum, 40 pieces
糖果屋橡皮糖 70g|590|糖果屋|70g|Gummy sweets 70 g
糖果屋棒棒糖 20支|1290|糖果屋|200g|Lollipops, 20 pieces
果冻园果肉果冻 200g|450|果冻园|200g|Fruit jelly 200 g
果冻园吸吸冻 150g|390|果冻园|150g|Drinking jelly 150 g
""",
    ),
    (
        "10/1003/100301",
        "13",
        """
晨面吐司面包 400g|990|晨面|400g|Toast bread 400 g|bakery
晨面全麦吐司 400g|1190|晨面|400g|Wholemeal toast 400 g|bakery
晨面手撕面包 300g|1290|晨面|300g|Pull-apart bread 300 g|bakery
晨面红豆面包 80g|450|晨面|80g|Red bean bun 80 g|bakery
晨面肉松面包 90g|590|晨面|90g|Pork floss bun 90 g|bakery
晨面牛角包 4个|1390|晨面|240g|Croissants, 4 pieces|bakery
晨面蛋挞 4个|1290|晨面|200g|Egg tarts, 4 pieces|bakery
晨面戚风蛋糕 6寸|2990|晨面|350g|Chiffon cake|bakery
晨面铜锣烧 6枚|1190|晨面|280g|Dorayaki, 6 pieces|bakery
晨面老婆饼 4个|990|晨面|220g|Sweetheart cakes, 4 pieces|bakery
""",
    ),
    (
        "10/1004/100401",
        "9",
        """
冰原速冻水饺 猪肉白菜 500g|1490|冰原|500g|Dumplings, pork and cabbage 500 g|frozen
冰原速冻水饺 韭菜鸡蛋 500g|1390|冰原|500g|Dumplings, chive and egg 500 g|frozen
冰原速冻水饺 三鲜 1kg|2690|冰原|1kg|Dumplings, three delicacies 1 kg|frozen
冰原速冻馄饨 400g|1290|冰原|400g|Wonton 400 g|frozen
冰原黑芝麻汤圆 500g|1190|冰原|500g|Black sesame rice balls 500 g|frozen
冰原手抓饼 10片|1690|冰原|900g|Flaky pancakes, 10 pieces|frozen
冰原小笼包 300g|1290|冰原|300g|Soup buns 300 g|frozen
冰原牛肉丸 250g|1790|冰原|250g|Beef balls 250 g|frozen
冰原鱼豆腐 250g|1190|冰原|250g|Fish tofu 250 g|frozen
冰原蟹味棒 250g|990|冰原|250g|Crab sticks 250 g|frozen
冰原薯条 1kg|1890|冰原|1kg|Chips 1 kg|frozen
冰原鸡米花 500g|2190|冰原|500g|Popcorn chicken 500 g|frozen
冰原奥尔良鸡翅 500g|2990|冰原|500g|Roast chicken wings 500 g|frozen
雪糕坊牛奶雪糕 75g|300|雪糕坊|75g|Milk ice lolly 75 g|frozen
雪糕坊巧克力脆皮 70g|450|雪糕坊|70g|Choc ice 70 g|frozen
雪糕坊绿豆冰棍 75g|200|雪糕坊|75g|Mung bean ice lolly 75 g|frozen
雪糕坊香草冰淇淋 500g|2690|雪糕坊|500g|Vanilla ice cream 500 g|frozen
""",
    ),
    (
        "10/1005/100501",
        "9",
        """
农舍鲜鸡蛋 10枚|1190|农舍|10枚|Eggs, 10
农舍鲜鸡蛋 30枚|2990|农舍|30枚|Eggs, 30
农舍土鸡蛋 15枚|2490|农舍|15枚|Free range eggs, 15
农舍咸鸭蛋 6枚|1290|农舍|6枚|Salted duck eggs, 6
农舍松花蛋 6枚|1390|农舍|6枚|Century eggs, 6
豆坊嫩豆腐 350g|290|豆坊|350g|Soft tofu 350 g|chilled
豆坊老豆腐 400g|350|豆坊|400g|Firm tofu 400 g|chilled
豆坊千张 200g|490|豆坊|200g|Tofu skin 200 g|chilled
豆坊内酯豆腐 350g|250|豆坊|350g|Silken tofu 350 g|chilled
菜园盒装香菇 200g|690|菜园|200g|Shiitake, punnet 200 g|chilled
菜园金针菇 150g|290|菜园|150g|Enoki mushrooms 150 g|chilled
菜园盒装圣女果 500g|1290|菜园|500g|Cherry tomatoes, punnet 500 g|chilled
菜园盒装蓝莓 125g|1490|菜园|125g|Blueberries, punnet 125 g|chilled
菜园沙拉菜 200g|990|菜园|200g|Salad leaves 200 g|chilled
""",
    ),
    (
        "30/3001/300101",
        "13",
        """
洁净洗衣液 2kg|2990|洁净|2kg|Laundry liquid 2 kg
洁净洗衣液 3kg|3990|洁净|3kg|Laundry liquid 3 kg
洁净洗衣粉 1.8kg|1990|洁净|1.8kg|Washing powder 1.8 kg
洁净洗衣凝珠 30颗|3590|洁净|30颗|Laundry capsules, 30
洁净柔顺剂 2L|2490|洁净|2L|Fabric softener 2 l
洁净透明皂 2块|790|洁净|202g×2|Laundry soap, 2 bars
洁净洗洁精 1kg|990|洁净|1kg|Washing-up liquid 1 kg
洁净厨房油污净 500g|1490|洁净|500g|Kitchen degreaser 500 g
洁净洁厕液 600g|890|洁净|600g|Toilet cleaner 600 g
洁净84消毒液 500ml|650|洁净|500ml|Bleach 500 ml
洁净玻璃水 500ml|1090|洁净|500ml|Glass cleaner 500 ml
洁净地板清洁剂 2L|2190|洁净|2L|Floor cleaner 2 l
""",
    ),
    (
        "30/3001/300102",
        "13",
        """
柔竹抽纸 3层100抽 6包|1690|柔竹|100抽×6|Tissues, 6 packs|multipack
柔竹抽纸 3层100抽 24包|5490|柔竹|100抽×24|Tissues, 24 packs|multipack
柔竹卷纸 10卷|1990|柔竹|140g×10|Toilet rolls, 10|multipack
柔竹卷纸 27卷|4990|柔竹|140g×27|Toilet rolls, 27|multipack
柔竹手帕纸 10包|790|柔竹|10包|Pocket tissues, 10 packs|multipack
柔竹湿巾 80片|990|柔竹|80片|Wet wipes, 80
柔竹厨房纸 2卷|1290|柔竹|2卷|Kitchen rolls, 2
柔竹卫生巾 日用 10片|1290|柔竹|10片|Sanitary pads, day, 10
柔竹卫生巾 夜用 8片|1390|柔竹|8片|Sanitary pads, night, 8
柔竹婴儿湿巾 80片|1190|柔竹|80片|Baby wipes, 80
柔竹婴儿纸尿裤 M 50片|7990|柔竹|50片|Nappies M, 50
柔竹婴儿纸尿裤 L 46片|7990|柔竹|46片|Nappies L, 46
""",
    ),
    (
        "30/3002/300201",
        "13",
        """
晨露洗发水 400ml|3290|晨露|400ml|Shampoo 400 ml
晨露洗发水 750ml|4990|晨露|750ml|Shampoo 750 ml
晨露护发素 400ml|3290|晨露|400ml|Conditioner 400 ml
晨露沐浴露 750ml|3590|晨露|750ml|Shower gel 750 ml
晨露香皂 125g|490|晨露|125g|Soap 125 g
晨露洗手液 500ml|1290|晨露|500ml|Hand wash 500 ml
晨露洗面奶 100g|2490|晨露|100g|Face wash 100 g
晨露护手霜 60g|1190|晨露|60g|Hand cream 60 g
晨露润肤露 200ml|2290|晨露|200ml|Body lotion 200 ml
白齿牙膏 薄荷 120g|990|白齿|120g|Toothpaste, mint 120 g
白齿牙膏 盐白 120g|1190|白齿|120g|Toothpaste, salt 120 g
白齿牙膏 草本 180g|1490|白齿|180g|Toothpaste, herbal 180 g
白齿软毛牙刷|690|白齿|1支|Toothbrush, soft
白齿软毛牙刷 3支|1590|白齿|3支|Toothbrushes, soft, 3
白齿儿童牙刷|790|白齿|1支|Toothbrush for children
白齿漱口水 500ml|1990|白齿|500ml|Mouthwash 500 ml
利锋剃须刀 2支|1290|利锋|2支|Razors, 2
利锋剃须泡沫 200ml|1990|利锋|200ml|Shaving foam 200 ml
""",
    ),
    (
        "30/3003/300301",
        "13",
        """
家常保鲜膜 30cm×20m|990|家常|1卷|Cling film 30 cm by 20 m
家常保鲜袋 100只|1190|家常|100只|Food bags, 100
家常垃圾袋 100只|1090|家常|100只|Bin bags, 100
家常一次性纸杯 50只|790|家常|50只|Paper cups, 50
家常竹筷 10双|1290|家常|10双|Bamboo chopsticks, 10 pairs
家常百洁布 5片|690|家常|5片|Scouring pads, 5
家常橡胶手套|890|家常|1双|Rubber gloves
家常不锈钢汤勺|990|家常|1把|Steel ladle
家常陶瓷饭碗 4.5寸|690|家常|1只|Rice bowl
家常玻璃水杯 300ml|890|家常|1只|Glass 300 ml
家常保温杯 500ml|5990|家常|1只|Vacuum flask 500 ml
家常晾衣架 10只|1490|家常|10只|Clothes hangers, 10
家常毛巾|1290|家常|1条|Towel
家常浴巾|3990|家常|1条|Bath towel
家常雨伞|2990|家常|1把|Umbrella
亮点5号电池 4粒|1190|亮点|4粒|AA batteries, 4
亮点7号电池 4粒|1190|亮点|4粒|AAA batteries, 4
亮点LED灯泡 9W|1290|亮点|1只|LED bulb 9 W
亮点插线板 4位|3990|亮点|1只|Extension lead, 4 sockets
亮点充电线 1m|1990|亮点|1条|Charging cable 1 m
书友中性笔 黑 0.5|200|书友|1支|Gel pen, black
书友笔记本 A5|690|书友|1本|Notebook A5
书友透明胶带|350|书友|1卷|Sticky tape
""",
    ),
    (
        "30/3004/300401",
        "13",
        """
小伙伴狗粮 1.5kg|3990|小伙伴|1.5kg|Dog food 1.5 kg
小伙伴猫粮 1.5kg|4490|小伙伴|1.5kg|Cat food 1.5 kg
小伙伴猫罐头 170g|690|小伙伴|170g|Cat food, tin 170 g
小伙伴猫砂 6L|2490|小伙伴|6L|Cat litter 6 l
""",
    ),
    (
        "40/4001",
        "13",
        """
金叶（软）香烟|1300|金叶|20支|Cigarettes, soft pack|no_discount|tobacco|age18
金叶（硬）香烟|1700|金叶|20支|Cigarettes, hard pack|no_discount|tobacco|age18
金叶（硬）香烟 条|17000|金叶|200支|Cigarettes, carton|no_discount|tobacco|age18
云岭（细支）香烟|2300|云岭|20支|Cigarettes, slim|no_discount|tobacco|age18
云岭（珍品）香烟|4500|云岭|20支|Cigarettes, select|no_discount|tobacco|age18
江南春香烟|2000|江南春|20支|Cigarettes|no_discount|tobacco|age18
""",
    ),
]

WEIGHED: list[tuple[str, str, str]] = [
    (
        "11/1101/110101",
        "0",
        """
117202|南瓜|456|Pumpkin
117203|大白菜|258|Chinese cabbage
117204|白萝卜|218|White radish
117205|胡萝卜|398|Carrots
117206|土豆|358|Potatoes
117207|红薯|498|Sweet potatoes
117208|西红柿|698|Tomatoes
117209|黄瓜|598|Cucumbers
117210|茄子|658|Aubergines
117211|青椒|758|Green peppers
117212|西葫芦|456|Courgettes
117213|红葱头|1440|Shallots
117214|大葱|598|Spring onions
117215|生姜|1580|Ginger
117216|大蒜|1180|Garlic
117217|上海青|498|Pak choi
117218|菠菜|898|Spinach
117219|生菜|698|Lettuce
117220|西兰花|1098|Broccoli
117221|莲藕|1298|Lotus root
117222|山药|1598|Chinese yam
117223|四季豆|1198|Green beans
117224|洋葱|398|Onions
117225|冬瓜|298|Wax gourd
""",
    ),
    (
        "11/1101/110102",
        "9",
        """
10001|红富士苹果|1298|Fuji apples
10002|皇冠梨|998|Crown pears
10003|国产香蕉|798|Bananas
10004|赣南脐橙|1180|Navel oranges
10005|砂糖橘|1380|Sugar mandarins
10006|麒麟西瓜|598|Water melon
10007|巨峰葡萄|1980|Kyoho grapes
10008|猕猴桃|1680|Kiwi fruit
10009|火龙果|1580|Dragon fruit
10010|芒果|1880|Mangoes
10011|水蜜桃|1780|Peaches
10012|山竹|3980|Mangosteens
10013|榴莲|5980|Durian
10014|柚子|798|Pomelo
""",
    ),
    (
        "11/1102/110201",
        "9",
        """
11001|猪五花肉|3580|Pork belly
11002|猪里脊|3980|Pork loin
11003|猪前腿肉|2780|Pork shoulder
11004|猪肋排|5280|Pork ribs
11005|牛腩|7980|Beef brisket
11006|牛腱子|8980|Beef shank
11007|羊腿肉|8580|Leg of lamb
11008|鸡胸肉|2180|Chicken breast
11009|鸡腿|2380|Chicken legs
11010|鸡翅中|4580|Chicken wings
11011|鸭腿|2580|Duck legs
11012|猪肉馅|2980|Minced pork
""",
    ),
    (
        "11/1103/110301",
        "9",
        """
12001|草鱼|1880|Grass carp
12002|鲈鱼|3980|Perch
12003|带鱼段|4580|Hairtail
12004|基围虾|7980|Prawns
12005|花蛤|1580|Clams
12006|冻三文鱼段|9980|Salmon, frozen
""",
    ),
    (
        "11/1104/110401",
        "13",
        """
13001|五香卤牛肉|11800|Spiced beef|deli
13002|烤鸭|6980|Roast duck|deli
13003|盐水鸭|5980|Salted duck|deli
13004|凉拌海带丝|2980|Seaweed salad|deli
13005|凉拌木耳|3580|Wood ear salad|deli
13006|散装瓜子|2380|Sunflower seeds, loose
13007|散装花生|1980|Peanuts, loose
13008|散装红枣|2980|Jujubes, loose
""",
    ),
]

SPECIAL = """
70001|关东煮 5元6粒|each|500|10/1006/100601|||697701000001|Oden, 6 pieces|13||6粒|6|100|70000
70002|关东煮 10元13粒|each|1000|10/1006/100601|||697701000002|Oden, 13 pieces|13||13粒|13|220|70000
70101|茶叶蛋|each|250|10/1006/100602|||697701000003|Tea egg|13||1枚|1|
70102|鲜肉包|each|300|10/1006/100602|||697701000004|Pork bun|13||1个|1|
70103|豆沙包|each|250|10/1006/100602|||697701000005|Red bean bun|13||1个|1|
70104|现磨豆浆 300ml|each|350|10/1006/100602|||697701000006|Soya milk, fresh 300 ml|13||300ml||
90001|购物袋 小号|each|20|90/9001||no_discount;bag|697701000007|Carrier bag, small|13||||
90002|购物袋 中号|each|30|90/9001||no_discount;bag|697701000008|Carrier bag, medium|13||||
90003|购物袋 大号|each|50|90/9001||no_discount;bag|697701000009|Carrier bag, large|13||||
"""
