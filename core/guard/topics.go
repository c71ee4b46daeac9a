package guard

// topics are the lists that default.bannedTopics has by itself. They are
// short on purpose: words that hardly stand in texts about anything else. Who
// needs more gives lists of their own.
var topics = map[string][]string{
	"weapons": {"pipe bomb", "nail bomb", "ghost gun", "sarin", "nerve agent", "molotov cocktail", "explosive device", "bump stock",
		"管状炸弹", "自制炸弹", "土制炸弹", "沙林", "爆弾の作り方", "火炎瓶", "サリン"},
	"drugs": {"methamphetamine", "crystal meth", "heroin", "fentanyl", "crack cocaine", "cocaine", "mdma", "ketamine",
		"冰毒", "海洛因", "可卡因", "芬太尼", "覚醒剤", "大麻密売", "ヘロイン", "コカイン"},
	"gambling": {"online casino", "sports betting", "slot machine", "blackjack", "roulette", "bookmaker",
		"网络赌博", "賭博網站", "博彩", "老虎机", "オンラインカジノ", "闇カジノ"},
	"selfharm": {"suicide", "kill myself", "self-harm", "self harm", "end my life", "自杀", "自殺", "自残", "割腕", "リストカット", "死にたい"},
}
