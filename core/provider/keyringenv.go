package provider

// variables are the environment variables that providers' own SDKs and
// documents use, beside the id with _API_KEY behind it, which every provider
// has. The first that is set counts.
var variables = map[string][]string{
	"aimlapi":       {"AIML_API_KEY"},
	"azure-ai":      {"AZURE_AI_API_KEY", "AZURE_INFERENCE_CREDENTIAL"},
	"cohere":        {"CO_API_KEY"},
	"cortex":        {"SNOWFLAKE_PAT", "SNOWFLAKE_TOKEN"},
	"databricks":    {"DATABRICKS_TOKEN"},
	"deepinfra":     {"DEEPINFRA_TOKEN", "DEEPINFRA_API_TOKEN"},
	"digitalocean":  {"DIGITAL_OCEAN_MODEL_ACCESS_KEY", "MODEL_ACCESS_KEY"},
	"fireworks-ai":  {"FIREWORKS_API_KEY"},
	"friendliai":    {"FRIENDLI_TOKEN"},
	"github":        {"GITHUB_TOKEN"},
	"google":        {"GEMINI_API_KEY", "GOOGLE_API_KEY"},
	"heroku":        {"INFERENCE_KEY"},
	"huggingface":   {"HF_TOKEN", "HUGGINGFACE_API_KEY"},
	"lemonfox-ai":   {"LEMONFOX_API_KEY"},
	"meta-llama":    {"LLAMA_API_KEY"},
	"mistral-ai":    {"MISTRAL_API_KEY"},
	"novita-ai":     {"NOVITA_API_KEY"},
	"nvidia-nim":    {"NVIDIA_API_KEY"},
	"ollama-cloud":  {"OLLAMA_API_KEY"},
	"perplexity-ai": {"PERPLEXITY_API_KEY", "PPLX_API_KEY"},
	"recraft-ai":    {"RECRAFT_API_KEY", "RECRAFT_API_TOKEN"},
	"reka-ai":       {"REKA_API_KEY"},
	"replicate":     {"REPLICATE_API_TOKEN"},
	"snowflake":     {"SNOWFLAKE_PAT", "SNOWFLAKE_TOKEN"},
	"stability-ai":  {"STABILITY_API_KEY", "STABILITY_KEY"},
	"together-ai":   {"TOGETHER_API_KEY"},
	"vercel":        {"AI_GATEWAY_API_KEY"},
	"volcengine":    {"ARK_API_KEY"},
	"workers-ai":    {"CLOUDFLARE_API_TOKEN"},
	"x-ai":          {"XAI_API_KEY"},
	"z-ai":          {"ZAI_API_KEY"},
	"zhipu":         {"ZHIPUAI_API_KEY"},
}

// more are the options that come with some keys in the environment.
var more = map[string]map[string]string{
	"azure-ai":              {"azure_foundry_url": "AZURE_INFERENCE_ENDPOINT"},
	"azure-openai":          {"resource_name": "AZURE_OPENAI_RESOURCE", "api_version": "AZURE_OPENAI_API_VERSION"},
	"cloudflare-ai-gateway": {"cloudflare_account_id": "CLOUDFLARE_ACCOUNT_ID", "cloudflare_gateway_id": "CLOUDFLARE_GATEWAY_ID"},
	"cortex":                {"snowflake_account": "SNOWFLAKE_ACCOUNT"},
	"fireworks-ai":          {"fireworks_account_id": "FIREWORKS_ACCOUNT_ID"},
	"openai":                {"openai_organization": "OPENAI_ORG_ID", "openai_project": "OPENAI_PROJECT_ID"},
	"snowflake":             {"snowflake_account": "SNOWFLAKE_ACCOUNT"},
	"workers-ai":            {"workers_ai_account_id": "CLOUDFLARE_ACCOUNT_ID"},
}
