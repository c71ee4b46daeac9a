package provider

// Cortex's host begins with the account's name. Which kind of token is sent,
// it finds out by itself. The reference knows it as cortex, its customers as
// Snowflake.
func init() {
	for _, id := range []string{"cortex", "snowflake"} {
		add(Spec{
			ID: id, Name: "Snowflake Cortex", Docs: "https://docs.snowflake.com/user-guide/snowflake-cortex/cortex-rest-api",
			BaseURL: "https://{snowflake_account}.snowflakecomputing.com/api/v2/cortex/v1",
			Options: []Option{{Key: "snowflake_account", Headers: []string{"snowflake-account"}, Host: true}},
		})
	}
}
