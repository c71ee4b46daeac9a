package provider

// Cortex's host begins with the account's name. Which kind of token is sent,
// it finds out by itself.
func init() {
	add(Spec{
		ID: "cortex", Name: "Snowflake Cortex", Docs: "https://docs.snowflake.com/user-guide/snowflake-cortex/cortex-rest-api",
		BaseURL: "https://{snowflake_account}.snowflakecomputing.com/api/v2/cortex/v1",
		Options: []Option{{Key: "snowflake_account", Headers: []string{"snowflake-account"}, Host: true}},
	})
}
